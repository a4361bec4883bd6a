use serde_json::json;

use super::Session;
use super::explorer::Explorer;
use crate::Failure;

/// Prints a service, message or any other symbol as its .proto file has it; all services without
/// one.
pub async fn run(session: Session<'_>, symbol: Option<&str>) -> Result<(), Failure> {
    let mut explorer = Explorer::new(&session);
    let symbols = match symbol {
        // grpcurl's spelling of a type, and the path of a method, are fine, too.
        Some(symbol) => vec![symbol.trim_start_matches(['.', '/']).replace('/', ".")],
        None => explorer.services().await?,
    };
    for symbol in symbols {
        let schema = explorer.symbol(&symbol).await?;
        let text = schema
            .describe(&symbol)
            .ok_or_else(|| Failure::Input(format!("`{symbol}` exists, but can't be described")))?;
        session.output.print_lines(
            || format!("// {symbol}\n{text}\n"),
            || json!({"symbol": symbol, "proto": text}),
        )?;
    }
    explorer.finish().await;
    Ok(())
}

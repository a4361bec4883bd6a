use serde_json::json;

use super::Session;
use super::explorer::Explorer;
use crate::Failure;

/// Prints the server's services; or the methods of one, by their full names.
pub async fn run(session: Session<'_>, service: Option<&str>) -> Result<(), Failure> {
    let mut explorer = Explorer::new(&session);
    let Some(service) = service else {
        for name in explorer.services().await? {
            session.output.print(|| name.clone(), || json!({"service": name}))?;
        }
        explorer.finish().await;
        return Ok(());
    };
    let schema = explorer.service(service).await?;
    for method in schema.methods(service) {
        let name = format!("{service}/{method}");
        session.output.print(|| name.clone(), || json!({"method": name}))?;
    }
    explorer.finish().await;
    Ok(())
}

//! The bare server of `benches/layer`, linked without the seam: what the seam itself costs is
//! the difference between this and the variant `bare` there.

#[path = "../../layer/bare.rs"]
mod bare;

fn main() {
    bare::serve(|arguments| arguments);
}

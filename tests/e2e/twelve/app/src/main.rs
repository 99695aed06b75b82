use pantry_derive::Shelf;

#[derive(Shelf)]
struct Cellar;

fn main() {
    let jars = pantry::jars();
    println!("{} on {}", pantry_core::json(&jars), Cellar.shelf());
    println!("{} {}", pantry_stamp::STAMP, pantry_stamp::VERSION);
    println!("{} {}", pantry_store::place(), pantry_store::find("beans and plums", "plums"));
    println!("{} {}", c::double(21), pantry_wire::encode(&[1, 2, 250]));
}

#[test]
fn bytes_are_hex() {
    pantry_testing::check(pantry_wire::encode(&[255]), "jar:ff");
}

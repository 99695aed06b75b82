use rocket::serde::{json::Json, Serialize};
use rocket::{get, launch, routes};

#[derive(Serialize)]
#[serde(crate = "rocket::serde")]
struct Greeting {
    hello: String,
}

#[get("/")]
fn index() -> &'static str {
    "deployed"
}

#[get("/hello/<name>")]
fn hello(name: String) -> Json<Greeting> {
    Json(Greeting { hello: name })
}

#[launch]
fn rocket() -> _ {
    rocket::build().mount("/", routes![index, hello])
}

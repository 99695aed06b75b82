use serde::Serialize;
use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use tiny_http::{Response, Server};

#[derive(Serialize)]
struct Status {
    service: &'static str,
    healthy: bool,
    debug: bool,
}

const STATUS: Status = Status { service: "orders", healthy: true, debug: cfg!(debug_assertions) };

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let port: u16 = std::env::var("PORT")?.parse()?;
    // The image has no curl: the program asks itself.
    if std::env::args().nth(1).as_deref() == Some("health") {
        return Ok(if is_healthy(port)? { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let server = Server::http(("0.0.0.0", port)).map_err(|error| error as Box<dyn Error>)?;
    for request in server.incoming_requests() {
        let response = match request.url() {
            "/health" => Response::from_string(serde_json::to_string(&STATUS)?),
            _ => Response::from_string("no such order").with_status_code(404),
        };
        request.respond(response)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn is_healthy(port: u16) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.write_all(b"GET /health HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.starts_with("HTTP/1.0 200"))
}

//! The text of a compose file.
//!
//! In: a [`Plan`]. Out: one service with its build arguments and a health check. Touches nothing.

use super::dockerfile::image_name;
use super::plan::Plan;
use crate::cli::init::Base;

/// Returns the text.
pub fn compose(plan: &Plan) -> String {
    let name = image_name(&plan.main);
    let mut lines = vec![
        "services:".to_owned(),
        format!("  {name}:"),
        format!("    image: {name}:${{TAG:-latest}}"),
        "    build:".to_owned(),
        "      context: .".to_owned(),
        "      args:".to_owned(),
        "        LARDER: ${LARDER:-cargo-larder}".to_owned(),
        format!("        PROFILE: ${{PROFILE:-{}}}", plan.profile),
        "    restart: unless-stopped".to_owned(),
    ];
    match &plan.facts.port {
        None => lines.extend(
            [
                "    # No port is known. If the program serves one, publish it and ask it for its health:",
                "    # ports:",
                "    #   - \"127.0.0.1:8080:8080\"",
                "    # healthcheck:",
                "    #   test: [\"CMD\", \"bash\", \"-c\", \"</dev/tcp/127.0.0.1/8080\"]",
            ]
            .map(str::to_owned),
        ),
        Some((port, _)) => {
            lines.push("    ports:".to_owned());
            lines.push(format!("      - \"127.0.0.1:${{PORT:-{port}}}:{port}\""));
            lines.extend(health(plan, *port));
        }
    }
    lines.join("\n") + "\n"
}

/// The health check: whether the port accepts connections. It uses what the image has.
fn health(plan: &Plan, port: u16) -> Vec<String> {
    let test = match plan.base {
        Base::Debian => format!("[\"CMD\", \"bash\", \"-c\", \"</dev/tcp/127.0.0.1/{port}\"]"),
        Base::Alpine => format!("[\"CMD\", \"nc\", \"-z\", \"127.0.0.1\", \"{port}\"]"),
        Base::Distroless | Base::Scratch => {
            return vec![
                "    # The image has no program but its own, which would have to check itself:".to_owned(),
                "    # healthcheck:".to_owned(),
                format!("    #   test: [\"CMD\", \"/usr/local/bin/{}\", \"health\"]", plan.main),
            ];
        }
    };
    vec![
        "    healthcheck:".to_owned(),
        "      # Whether the port accepts connections. Replace it if the program has a better answer.".to_owned(),
        format!("      test: {test}"),
        "      interval: 10s".to_owned(),
        "      timeout: 3s".to_owned(),
        "      start_period: 10s".to_owned(),
    ]
}

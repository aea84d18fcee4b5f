//! The two pages, their assets, the model files, and what the server says of itself.

use std::path::PathBuf;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use tower::ServiceExt;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;

use super::AppState;
use super::error::{self, Failure};
use super::trust;
use crate::config::Config;
use crate::model::MANIFEST_FILE;
use crate::protocol::{ClientConfig, Health};

pub const MODELS: &str = "/models";
const ASSETS: &str = "/assets";
const PHONE_PAGE: &str = "phone.html";

/// Pages and models keep their names when they change.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");
/// The name of an asset holds the hash of its bytes.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// Where the files lie that are served.
pub struct Folders {
    pages: PathBuf,
    model: PathBuf,
    /// The folder is the operator's, so no more of it is served than these two.
    model_files: [PathBuf; 2],
}

impl Folders {
    pub fn new(config: &Config) -> Self {
        Self {
            pages: config.pages.clone(),
            model: config.pipeline.model_dir.clone(),
            model_files: [
                PathBuf::from(MANIFEST_FILE),
                config.pipeline.manifest.file.clone(),
            ],
        }
    }
}

/// Routes to everything that is a file.
pub fn files(folders: &Folders) -> Router<AppState> {
    let named = Router::new()
        .route_service("/", ServeFile::new(folders.pages.join("index.html")))
        .route(&format!("{MODELS}/{{name}}"), get(model_file))
        .layer(SetResponseHeaderLayer::overriding(
            CACHE_CONTROL,
            REVALIDATE,
        ));
    let hashed = Router::new()
        .nest_service(ASSETS, ServeDir::new(folders.pages.join("assets")))
        .layer(SetResponseHeaderLayer::overriding(
            CACHE_CONTROL,
            if_found(FOR_EVER),
        ))
        .layer(SetResponseHeaderLayer::overriding(
            CONTENT_TYPE,
            type_of_modules,
        ));
    named.merge(hashed)
}

/// The template of a path that a nested service answers; axum tells none.
pub fn unmatched_route(path: &str) -> Option<&'static str> {
    let rest = path.strip_prefix(ASSETS)?;
    rest.starts_with('/').then_some("/assets/{*file}")
}

/// A missing asset may appear with the next version.
fn if_found<B>(value: HeaderValue) -> impl FnMut(&Response<B>) -> Option<HeaderValue> + Clone {
    move |response| response.status().is_success().then(|| value.clone())
}

/// Files that end in `.mjs` get an outdated name of JavaScript's type.
fn type_of_modules<B>(response: &Response<B>) -> Option<HeaderValue> {
    let kind = response.headers().get(CONTENT_TYPE)?;
    (kind == "application/javascript").then_some(HeaderValue::from_static("text/javascript"))
}

async fn model_file(
    State(state): State<AppState>,
    Path(name): Path<String>,
    request: Request,
) -> impl IntoResponse {
    let Folders {
        model, model_files, ..
    } = &state.folders;
    let is_named = |file: &&PathBuf| file.as_os_str() == name.as_str();
    let Some(file) = model_files.iter().find(is_named) else {
        return error::not_found().await.into_response();
    };
    let file = ServeFile::new(model.join(file));
    file.oneshot(request).await.into_response()
}

/// Where a code from the laptop can be typed: the phone's page, which sees that its address has none.
pub async fn code_form(State(state): State<AppState>, request: Request) -> Response<Body> {
    phone_page(&state, request).await
}

/// The phone's page as text.
pub async fn read_phone(state: &AppState) -> Result<String, Failure> {
    let page = state.folders.pages.join(PHONE_PAGE);
    tokio::fs::read_to_string(page).await.map_err(|error| {
        let message = format!("the phone's page cannot be read: {error}");
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "no_page", message)
    })
}

async fn phone_page(state: &AppState, request: Request) -> Response<Body> {
    let page = ServeFile::new(state.folders.pages.join(PHONE_PAGE));
    let mut response = page.oneshot(request).await.into_response();
    response.headers_mut().insert(CACHE_CONTROL, REVALIDATE);
    response
}

/// The phone's page. It explains an expired link itself, so it is sent with the status 404, too.
pub async fn phone(
    State(state): State<AppState>,
    Path(token): Path<String>,
    request: Request,
) -> Response<Body> {
    let is_known = state.rooms.find_by_phone_token(&token).is_ok();
    // "Not modified" would be no answer to an expired link: it is asked for without conditions.
    let request = if is_known {
        request
    } else {
        Request::new(Body::empty())
    };
    let mut response = phone_page(&state, request).await;
    if !is_known {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

pub async fn config(State(state): State<AppState>) -> Json<ClientConfig> {
    Json(ClientConfig {
        certificate: trust::certificate_info(&state),
        join_obstacle: state.join.obstacle().map(str::to_owned),
        ..state.client_config.clone()
    })
}

pub async fn health(State(state): State<AppState>) -> Json<Health> {
    Json(state.health.clone())
}

//! What the service answers when it cannot do what was asked: a status and a message, as JSON.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// A request that failed.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// The request cannot be understood; the status is 400 unless its body was too long or of another type.
    Bad(StatusCode, String),
    NotFound(String),
    Method,
    Database(sqlx::Error),
}

#[derive(Serialize)]
struct Body {
    error: String,
}

impl ApiError {
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::Bad(StatusCode::BAD_REQUEST, message.into())
    }

    pub(crate) fn no_airport(icao: &str) -> Self {
        Self::NotFound(format!("there is no airport with the ICAO code {icao:?}"))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Self::Bad(status, message) => (status, message),
            Self::NotFound(message) => (StatusCode::NOT_FOUND, message),
            Self::Method => {
                (StatusCode::METHOD_NOT_ALLOWED, "this path does not take this method".to_owned())
            }
            Self::Database(error) => {
                // The caller cannot do anything about the details, whoever runs the service can.
                eprintln!("airports: the database failed: {error}");
                (StatusCode::INTERNAL_SERVER_ERROR, "the database failed".to_owned())
            }
        };
        (status, Json(Body { error })).into_response()
    }
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<PathRejection> for ApiError {
    fn from(rejection: PathRejection) -> Self {
        Self::Bad(rejection.status(), rejection.body_text())
    }
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        Self::Bad(rejection.status(), rejection.body_text())
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        // A well-formed body that lacks a field is 422 by default; here any bad body is a bad request.
        let status = match rejection {
            JsonRejection::JsonDataError(_) => StatusCode::BAD_REQUEST,
            _ => rejection.status(),
        };
        Self::Bad(status, rejection.body_text())
    }
}

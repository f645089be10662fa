//! The replay against functions that count, wait or fail.

use super::*;
use crate::trace::Trace;

fn calls(requests: u32) -> Calls {
    Calls::new(
        Trace { requests: (0..requests).map(|page| page % 3).collect(), pages: 3 },
        vec!["AAAA".into()],
    )
    .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_is_played_once_and_counted() {
    let queries = Arc::new(AtomicU64::new(7));
    let counted = Arc::clone(&queries);
    let call = move |_| {
        let counted = Arc::clone(&counted);
        async move {
            counted.fetch_add(2, Ordering::Relaxed);
            tokio::task::yield_now().await;
            Ok(())
        }
    };
    let report = replay(&calls(5_000), 3_000, None, &queries, call).await.unwrap();
    assert_eq!((report.requests, report.queries), (3_000, 6_000));
    assert!(report.p50 <= report.p99 && report.p99 <= report.elapsed, "{report:?}");
}

#[tokio::test]
async fn latency_is_the_time_of_the_call() {
    let call = |_| async {
        let begin = std::time::Instant::now();
        while begin.elapsed() < Duration::from_millis(2) {
            std::hint::spin_loop();
        }
        Ok(())
    };
    let report = replay(&calls(20), 20, None, &AtomicU64::new(0), call).await.unwrap();
    assert!(report.p50 >= Duration::from_millis(2), "{report:?}");
    assert!(report.elapsed >= Duration::from_millis(40), "{report:?}");
}

#[tokio::test]
async fn a_failure_names_its_request() {
    let call =
        |call: Call| async move { if call.radius_km == 50 { Err(sqlx::Error::RowNotFound) } else { Ok(()) } };
    let error = replay(&calls(9), 9, None, &AtomicU64::new(0), call).await.unwrap_err();
    assert!(error.to_string().starts_with("request 2 of the trace: "), "{error}");
}

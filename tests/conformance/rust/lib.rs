//! What the Rust client's tests share. The server's port is in CAIRN_PORT, its kind of storage in CAIRN_STORAGE.
use aerospike::{as_key, Bin, Bins, Client, ClientPolicy, Error, Key, Record, ReadPolicy, ResultCode, Value, WritePolicy};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

pub const NAMESPACE: &str = "test";

static COUNTER: AtomicU64 = AtomicU64::new(0);

pub fn on_device() -> bool {
    std::env::var("CAIRN_STORAGE").is_ok_and(|storage| storage == "device")
}

pub fn node_count() -> usize {
    std::env::var("CAIRN_SIZE").map_or(1, |size| size.parse().expect("CAIRN_SIZE is the number of nodes"))
}

pub async fn connect() -> Client {
    let port = std::env::var("CAIRN_PORT").expect("CAIRN_PORT is the port of the server");
    Client::new(&ClientPolicy::default(), &format!("127.0.0.1:{port}")).await.expect("connects")
}

pub fn unique(kind: &str) -> String {
    format!("{kind}-{}-{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed))
}

/// A key that no other test uses.
pub fn fresh_key() -> Key {
    as_key!(NAMESPACE, "rust", unique("key"))
}

pub async fn stored(client: &Client, bins: &[Bin]) -> Key {
    let key = fresh_key();
    client.put(&WritePolicy::default(), &key, bins).await.unwrap();
    key
}

pub async fn get(client: &Client, key: &Key) -> Record {
    client.get(&ReadPolicy::default(), key, Bins::All).await.unwrap()
}

pub async fn exists(client: &Client, key: &Key) -> bool {
    client.exists(&ReadPolicy::default(), key).await.unwrap()
}

pub async fn value(client: &Client, key: &Key, bin: &str) -> Value {
    get(client, key).await.bins[bin].clone()
}

/// The command was refused with this result code.
pub fn refused<T>(result: Result<T, Error>, code: ResultCode) {
    match result {
        Ok(_) => panic!("not refused; expected {code:?}"),
        Err(error) => assert_eq!(error.server_result_code(), Some(code), "{error}"),
    }
}

/// Waits until the record is gone.
pub async fn wait_until_gone(client: &Client, key: &Key) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while exists(client, key).await {
        assert!(Instant::now() < deadline, "the record is still there after 20 s");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

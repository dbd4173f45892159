use aerospike::{
    as_bin, as_blob, as_geo, as_key, as_list, as_map, as_val, operations, Bins, Expiration, GenerationPolicy, Key, ReadPolicy,
    RecordExistsAction, ResultCode, Value, WritePolicy,
};
use cairn_conformance::*;

fn writing(change: impl FnOnce(&mut WritePolicy)) -> WritePolicy {
    let mut policy = WritePolicy::default();
    change(&mut policy);
    policy
}

fn action(action: RecordExistsAction) -> WritePolicy {
    writing(|policy| policy.record_exists_action = action)
}

fn generation(kind: GenerationPolicy, generation: u32) -> WritePolicy {
    writing(|policy| (policy.generation_policy, policy.generation) = (kind, generation))
}

#[tokio::test]
async fn values_come_back_as_written() {
    let client = connect().await;
    for written in [
        as_val!(0), as_val!(i64::MAX), as_val!(i64::MIN), as_val!(1.5), as_val!(5e-324), as_val!(f64::INFINITY), as_val!(""),
        as_val!("žluťoučký 日本 🐎"), as_val!("x".repeat(100_000)), as_val!(true), as_val!(false), as_blob!(vec![0u8, 1, 255]),
        as_blob!(vec![]), Value::List(vec![]), as_list![1, "two", 2.5, true, as_list![as_list![]]],
        as_map!("a" => 1, 2 => "b", "deep" => as_list![as_map!("x" => 1)]),
        as_geo!(r#"{"type":"Point","coordinates":[-122.0,37.5]}"#),
    ] {
        let key = stored(&client, &[as_bin!("v", written.clone())]).await;
        assert_eq!(value(&client, &key, "v").await, written);
    }
}

#[tokio::test]
async fn hll_bytes() {
    let client = connect().await;
    let sketch = Value::Hll([vec![0, 4, 0], vec![0; 20]].concat());
    let key = stored(&client, &[as_bin!("v", sketch.clone())]).await;
    assert_eq!(value(&client, &key, "v").await, sketch);
}

#[tokio::test]
async fn nil_removes_a_bin_and_the_last_one_the_record() {
    let client = connect().await;
    let key = stored(&client, &[as_bin!("a", 1), as_bin!("b", 2)]).await;
    client.put(&WritePolicy::default(), &key, &[as_bin!("a", None)]).await.unwrap();
    assert_eq!(get(&client, &key).await.bins.len(), 1);
    client.put(&WritePolicy::default(), &key, &[as_bin!("b", None)]).await.unwrap();
    assert!(!exists(&client, &key).await);
}

#[tokio::test]
async fn selected_bins_header_and_existence() {
    let client = connect().await;
    let key = stored(&client, &[as_bin!("a", 1), as_bin!("b", 2), as_bin!("c", 3)]).await;
    let policy = ReadPolicy::default();
    assert_eq!(client.get(&policy, &key, ["a", "c", "none"]).await.unwrap().bins.len(), 2);
    let header = client.get(&policy, &key, Bins::None).await.unwrap();
    assert_eq!((header.bins.len(), header.generation), (0, 1));
    assert!(!exists(&client, &fresh_key()).await);
    refused(client.get(&policy, &fresh_key(), Bins::All).await, ResultCode::KeyNotFoundError);
}

#[tokio::test]
async fn existence_policies() {
    let client = connect().await;
    let key = fresh_key();
    let bins = [as_bin!("a", 1), as_bin!("b", 2)];
    refused(client.put(&action(RecordExistsAction::UpdateOnly), &key, &bins).await, ResultCode::KeyNotFoundError);
    refused(client.put(&action(RecordExistsAction::ReplaceOnly), &key, &bins).await, ResultCode::KeyNotFoundError);
    client.put(&action(RecordExistsAction::CreateOnly), &key, &bins).await.unwrap();
    refused(client.put(&action(RecordExistsAction::CreateOnly), &key, &bins).await, ResultCode::KeyExistsError);
    client.put(&action(RecordExistsAction::UpdateOnly), &key, &[as_bin!("c", 3)]).await.unwrap();
    assert_eq!(get(&client, &key).await.bins.len(), 3);
    client.put(&action(RecordExistsAction::Replace), &key, &[as_bin!("d", 4)]).await.unwrap();
    client.put(&action(RecordExistsAction::ReplaceOnly), &key, &[as_bin!("e", 5)]).await.unwrap();
    assert_eq!(get(&client, &key).await.bins.len(), 1);
}

#[tokio::test]
async fn generation_policies() {
    let client = connect().await;
    let key = stored(&client, &[as_bin!("a", 1)]).await;
    let bins = [as_bin!("a", 2)];
    use GenerationPolicy::{ExpectGenEqual, ExpectGenGreater};
    refused(client.put(&generation(ExpectGenEqual, 7), &key, &bins).await, ResultCode::GenerationError);
    client.put(&generation(ExpectGenEqual, 1), &key, &bins).await.unwrap();
    refused(client.put(&generation(ExpectGenGreater, 2), &key, &bins).await, ResultCode::GenerationError);
    client.put(&generation(ExpectGenGreater, 3), &key, &bins).await.unwrap();
    refused(client.delete(&generation(ExpectGenEqual, 1), &key).await, ResultCode::GenerationError);
    assert_eq!(get(&client, &key).await.generation, 3);
}

#[tokio::test]
async fn another_key_of_the_same_digest_is_refused() {
    let client = connect().await;
    let send = writing(|policy| policy.send_key = true);
    let key = fresh_key();
    client.put(&send, &key, &[as_bin!("a", 1)]).await.unwrap();
    let other = Key::with_digest(NAMESPACE, key.set_name(), Some(as_val!("another")), key.digest());
    refused(client.put(&send, &other, &[as_bin!("a", 2)]).await, ResultCode::KeyMismatch);
    assert_eq!(value(&client, &key, "a").await, as_val!(1));
}

#[tokio::test]
async fn life_times() {
    let client = connect().await;
    let key = stored(&client, &[as_bin!("a", 1)]).await;
    let lives = |expiration| WritePolicy::new(0, expiration);
    let near = |left: Option<std::time::Duration>, want: u64| {
        let left = left.expect("it expires").as_secs();
        assert!(left <= want && left + 30 > want, "{left} s left, expected about {want}");
    };
    let bins = [as_bin!("a", 2)];
    assert_eq!(get(&client, &key).await.time_to_live(), None);
    client.put(&lives(Expiration::Seconds(1000)), &key, &bins).await.unwrap();
    near(get(&client, &key).await.time_to_live(), 1000);
    client.put(&lives(Expiration::DontUpdate), &key, &bins).await.unwrap();
    near(get(&client, &key).await.time_to_live(), 1000);
    client.touch(&lives(Expiration::Seconds(5000)), &key).await.unwrap();
    near(get(&client, &key).await.time_to_live(), 5000);
    client.put(&lives(Expiration::Never), &key, &bins).await.unwrap();
    assert_eq!(get(&client, &key).await.time_to_live(), None);
    refused(client.put(&lives(Expiration::Seconds(11 * 365 * 86400)), &key, &bins).await, ResultCode::ParameterError);
    refused(client.touch(&WritePolicy::default(), &fresh_key()).await, ResultCode::KeyNotFoundError);
    let bar = as_key!("bar", "rust", 1);
    refused(client.put(&lives(Expiration::Seconds(10)), &bar, &bins).await, ResultCode::FailForbidden);
}

#[tokio::test]
async fn an_expired_record_is_not_served() {
    let client = connect().await;
    let key = fresh_key();
    client.put(&WritePolicy::new(0, Expiration::Seconds(1)), &key, &[as_bin!("a", 1)]).await.unwrap();
    wait_until_gone(&client, &key).await;
    refused(client.get(&ReadPolicy::default(), &key, Bins::All).await, ResultCode::KeyNotFoundError);
}

#[tokio::test]
async fn deletes() {
    let client = connect().await;
    let key = stored(&client, &[as_bin!("a", 1)]).await;
    let deleted = client.delete(&writing(|policy| policy.durable_delete = true), &key).await;
    if on_device() {
        assert!(deleted.unwrap());
        client.put(&WritePolicy::default(), &key, &[as_bin!("a", 1)]).await.unwrap();
    } else {
        refused(deleted, ResultCode::EnterpriseOnly);
    }
    assert!(client.delete(&WritePolicy::default(), &key).await.unwrap());
    assert!(!client.delete(&WritePolicy::default(), &key).await.unwrap());
}

#[tokio::test]
async fn a_record_too_big() {
    let client = connect().await;
    let bins = [as_bin!("a", as_blob!(vec![0u8; 1 << 20]))];
    refused(client.put(&WritePolicy::default(), &fresh_key(), &bins).await, ResultCode::RecordTooBig);
}

#[tokio::test]
async fn arithmetic_and_strings() {
    let client = connect().await;
    let policy = WritePolicy::default();
    let key = stored(&client, &[as_bin!("i", 1), as_bin!("f", 1.5), as_bin!("s", "b")]).await;
    client.add(&policy, &key, &[as_bin!("i", 41), as_bin!("f", 2.25)]).await.unwrap();
    client.append(&policy, &key, &[as_bin!("s", "c")]).await.unwrap();
    client.prepend(&policy, &key, &[as_bin!("s", "a")]).await.unwrap();
    let bins = get(&client, &key).await.bins;
    assert_eq!((&bins["i"], &bins["f"], &bins["s"]), (&as_val!(42), &as_val!(3.75), &as_val!("abc")));
    refused(client.add(&policy, &key, &[as_bin!("s", 1)]).await, ResultCode::BinTypeError);
    refused(client.append(&policy, &key, &[as_bin!("i", "x")]).await, ResultCode::BinTypeError);
}

#[tokio::test]
async fn operations_in_order() {
    let client = connect().await;
    let policy = WritePolicy::default();
    let key = stored(&client, &[as_bin!("n", 1), as_bin!("s", "b")]).await;
    let record = client
        .operate(&policy, &key, &[
            operations::add(&as_bin!("n", 4)), operations::get_bin("n"), operations::append(&as_bin!("s", "c")),
            operations::prepend(&as_bin!("s", "a")), operations::get_bin("s"),
        ])
        .await
        .unwrap();
    // This client asks for an answer of every operation, and gathers those of one bin.
    assert_eq!(record.bins["n"], Value::MultiResult(vec![Value::Nil, as_val!(5)]));
    assert_eq!(record.bins["s"], Value::MultiResult(vec![Value::Nil, Value::Nil, as_val!("abc")]));
    assert_eq!(record.generation, 2);
    let record = client.operate(&policy, &key, &[operations::touch(), operations::get_header()]).await.unwrap();
    assert!(record.bins.is_empty());
    let only = as_bin!("only", 1);
    let record = client.operate(&policy, &key, &[operations::delete(), operations::put(&only), operations::get()]).await.unwrap();
    assert_eq!(record.bins.len(), 1);
    let failing = [operations::put(&as_bin!("only", 2)), operations::append(&as_bin!("only", "x"))];
    refused(client.operate(&policy, &key, &failing).await, ResultCode::BinTypeError);
    assert_eq!(value(&client, &key, "only").await, as_val!(1));
}

#[tokio::test]
async fn an_answer_for_every_operation() {
    let client = connect().await;
    let key = stored(&client, &[as_bin!("n", 1)]).await;
    let each = writing(|policy| policy.respond_per_each_op = true);
    let record = client.operate(&each, &key, &[operations::add(&as_bin!("n", 4)), operations::get_bin("n")]).await.unwrap();
    assert_eq!(record.bins["n"], Value::MultiResult(vec![Value::Nil, as_val!(5)]));
}

#[tokio::test]
async fn compressed_requests_and_answers() {
    let client = connect().await;
    let write = writing(|policy| policy.base_policy.use_compression = true);
    let mut read = ReadPolicy::default();
    read.base_policy.use_compression = true;
    let (key, text) = (fresh_key(), "compress me ".repeat(5000));
    client.put(&write, &key, &[as_bin!("s", text.clone())]).await.unwrap();
    assert_eq!(client.get(&read, &key, Bins::All).await.unwrap().bins["s"], as_val!(text.clone()));
    assert_eq!(value(&client, &key, "s").await, as_val!(text));
}

#[tokio::test]
async fn connections_serve_on_after_errors() {
    let client = connect().await;
    let key = stored(&client, &[as_bin!("s", "text")]).await;
    for _ in 0..20 {
        refused(client.add(&WritePolicy::default(), &key, &[as_bin!("s", 1)]).await, ResultCode::BinTypeError);
        assert_eq!(value(&client, &key, "s").await, as_val!("text"));
    }
    assert!(client.nodes()[0].open_connections() <= 2);
}

use aerospike::{
    as_bin, as_key, as_list, as_val, operations, AdminPolicy, BatchDeletePolicy, BatchOperation, BatchPolicy, BatchReadPolicy,
    BatchWritePolicy, Bins, Client, PartitionFilter, QueryPolicy, ReadPolicy, Record, RecordExistsAction, ResultCode, Statement, Task,
    Value, WritePolicy,
};
use aerospike::expressions::{eq, int_bin, int_val};
use aerospike::operations::lists;
use cairn_conformance::*;
use futures::StreamExt;
use std::collections::BTreeMap;
use std::time::Duration;

/// A set of records {i: 0..count-1}, keyed by i.
async fn filled(client: &Client, count: i64) -> String {
    let name = unique("set");
    let mut policy = WritePolicy::default();
    policy.send_key = true;
    for i in 0..count {
        client.put(&policy, &as_key!(NAMESPACE, name.clone(), i), &[as_bin!("i", i), as_bin!("s", "text")]).await.unwrap();
    }
    name
}

/// The records by key, each once; and where the scan came to.
async fn scan(client: &Client, policy: &QueryPolicy, filter: PartitionFilter, set: &str, bins: Bins)
    -> (BTreeMap<i64, Record>, Option<PartitionFilter>) {
    let records = client.query(policy, filter, Statement::new(NAMESPACE, set, bins)).await.unwrap();
    let mut found = BTreeMap::new();
    let mut stream = records.clone().into_stream();
    while let Some(record) = stream.next().await {
        let record = record.unwrap();
        let Some(Value::Int(id)) = record.key.as_ref().and_then(|key| key.user_key()).cloned() else { panic!("no key") };
        assert!(found.insert(id, record).is_none(), "record {id} twice");
    }
    (found, records.partition_filter())
}

async fn whole(client: &Client, policy: &QueryPolicy, set: &str) -> BTreeMap<i64, Record> {
    scan(client, policy, PartitionFilter::all(), set, Bins::All).await.0
}

#[tokio::test]
async fn a_batch_of_mixed_rows() {
    let client = connect().await;
    let (read, removed) = (stored(&client, &[as_bin!("a", 1), as_bin!("b", 2)]).await, stored(&client, &[as_bin!("a", 1)]).await);
    let text = stored(&client, &[as_bin!("a", "text")]).await;
    let mut create = BatchWritePolicy::default();
    create.record_exists_action = RecordExistsAction::CreateOnly;
    let (reads, writes, deletes) = (BatchReadPolicy::default(), BatchWritePolicy::default(), BatchDeletePolicy::default());
    let (put, add) = (as_bin!("b", 2), as_bin!("a", 1));
    let mut rows = vec![
        BatchOperation::read(&reads, read.clone(), Bins::All),
        BatchOperation::read(&reads, read.clone(), Bins::from(["a"])),
        BatchOperation::read(&reads, read.clone(), Bins::None),
        BatchOperation::write(&writes, fresh_key(), vec![operations::put(&put), operations::get_bin("b")]),
        BatchOperation::delete(&deletes, removed.clone()),
        BatchOperation::write(&writes, text, vec![operations::add(&add)]),
        BatchOperation::delete(&deletes, fresh_key()),
        BatchOperation::read(&reads, fresh_key(), Bins::All),
        BatchOperation::write(&create, read, vec![operations::put(&put)]),
    ];
    let _ = client.batch(&BatchPolicy::default(), &mut rows).await; // the rows say more
    use ResultCode::{BinTypeError, KeyExistsError, KeyNotFoundError, Ok};
    let codes: Vec<_> = rows.iter().map(|row| row.result_code().unwrap()).collect();
    assert_eq!(codes, [Ok, Ok, Ok, Ok, Ok, BinTypeError, KeyNotFoundError, KeyNotFoundError, KeyExistsError]);
    let bins: Vec<_> = rows[..3].iter().map(|row| row.record().unwrap().bins.len()).collect();
    assert_eq!(bins, [2, 1, 0]);
    assert!(!exists(&client, &removed).await);
}

#[tokio::test]
async fn a_batch_of_a_thousand_keys() {
    let client = connect().await;
    let keys: Vec<_> = (0..1000).map(|_| fresh_key()).collect();
    let put = as_bin!("v", "x".repeat(100));
    let mut rows: Vec<_> = keys.iter()
        .map(|key| BatchOperation::write(&BatchWritePolicy::default(), key.clone(), vec![operations::put(&put)])).collect();
    client.batch(&BatchPolicy::default(), &mut rows).await.unwrap();
    for compress in [false, true] {
        let mut policy = BatchPolicy::default();
        policy.base_policy.use_compression = compress;
        let mut rows: Vec<_> = keys.iter()
            .map(|key| BatchOperation::read(&BatchReadPolicy::default(), key.clone(), Bins::All)).collect();
        client.batch(&policy, &mut rows).await.unwrap();
        assert!(rows.iter().all(|row| row.record().unwrap().bins["v"] == put.value));
    }
}

#[tokio::test]
async fn a_batch_refused_as_a_whole_ends() {
    let client = connect().await;
    let mut policy = BatchPolicy::default();
    policy.base_policy.filter_expression = Some(eq(int_bin("a"), int_val(1)));
    (policy.base_policy.max_retries, policy.base_policy.total_timeout) = (0, 5000);
    let mut rows = vec![];
    for i in 0..3 {
        let key = stored(&client, &[as_bin!("a", i)]).await;
        rows.push(BatchOperation::read(&BatchReadPolicy::default(), key, Bins::All));
    }
    if let Err(error) = client.batch(&policy, &mut rows).await {
        assert!(!error.is_client_timeout(), "{error}");
    }
}

#[tokio::test]
async fn scans() {
    let client = connect().await;
    let set = filled(&client, 2000).await;
    let plain = QueryPolicy::default();
    let found = whole(&client, &plain, &set).await;
    assert_eq!((found.len(), &found[&7].bins["i"]), (2000, &as_val!(7)));
    let (some, _) = scan(&client, &plain, PartitionFilter::all(), &set, Bins::from(["s"])).await;
    assert!(some.len() == 2000 && some.values().all(|record| record.bins.len() == 1));
    let (none, _) = scan(&client, &plain, PartitionFilter::all(), &set, Bins::None).await;
    assert!(none.len() == 2000 && none.values().all(|record| record.bins.is_empty()));
    let mut limited = QueryPolicy::default();
    limited.max_records = 100;
    assert_eq!(whole(&client, &limited, &set).await.len(), 100);
    let mut slow = QueryPolicy::default();
    slow.records_per_second = 10_000;
    slow.base_policy.use_compression = true;
    assert_eq!(whole(&client, &slow, &set).await.len(), 2000);
    assert!(whole(&client, &plain, "no-such-set").await.is_empty());
}

#[tokio::test]
async fn a_scan_in_parts_and_in_pages() {
    let client = connect().await;
    let set = filled(&client, 2000).await;
    let mut sum = 0;
    for begin in (0..4096).step_by(1024) {
        sum += scan(&client, &QueryPolicy::default(), PartitionFilter::by_range(begin, 1024), &set, Bins::All).await.0.len();
    }
    assert_eq!(sum, 2000);

    let mut page = QueryPolicy::default();
    page.max_records = 133;
    let (mut filter, mut all) = (PartitionFilter::all(), BTreeMap::new());
    for _ in 0..100 {
        let (found, next) = scan(&client, &page, filter, &set, Bins::All).await;
        for (id, record) in found {
            assert!(all.insert(id, record).is_none(), "record {id} on two pages");
        }
        filter = next.expect("the scan says where it came to");
        if filter.done() {
            break;
        }
    }
    assert_eq!(all.len(), 2000);
}

#[tokio::test]
async fn a_background_write() {
    let client = connect().await;
    let set = filled(&client, 500).await;
    let mut statement = Statement::new(NAMESPACE, &set, Bins::All);
    statement.set_operations([operations::add(&as_bin!("i", 1000))]);
    let task = client.query_operate(&WritePolicy::default(), statement).await.unwrap();
    task.wait_till_complete(Some(Duration::from_secs(20))).await.unwrap();
    for (id, record) in whole(&client, &QueryPolicy::default(), &set).await {
        assert_eq!((&record.bins["i"], record.generation), (&as_val!(id + 1000), 2));
    }
}

#[tokio::test]
async fn truncation() {
    let client = connect().await;
    let (set, other) = (filled(&client, 50).await, filled(&client, 50).await);
    client.truncate(&AdminPolicy::default(), NAMESPACE, &set, 0).await.unwrap();
    wait_until_gone(&client, &as_key!(NAMESPACE, set.clone(), 1)).await;
    assert!(whole(&client, &QueryPolicy::default(), &set).await.is_empty());
    assert_eq!(whole(&client, &QueryPolicy::default(), &other).await.len(), 50);
}

#[tokio::test]
async fn nodes_and_info() {
    let client = connect().await;
    assert!(client.is_connected());
    assert_eq!(client.nodes().len(), node_count());
    let told = client.info(&AdminPolicy::default(), &["build", "status", "no-such-command"]).await.unwrap();
    assert_eq!(told["status"], "ok");
    assert!(told["no-such-command"].starts_with("ERROR"));
}

#[tokio::test]
async fn operations_inside_values_work_filters_hide_unknown_functions_fail() {
    let client = connect().await;
    let key = stored(&client, &[as_bin!("l", as_list![1])]).await;
    client.operate(&WritePolicy::default(), &key, &[lists::size("l")]).await.unwrap();
    let mut filtered = ReadPolicy::default();
    filtered.base_policy.filter_expression = Some(eq(int_bin("i"), int_val(1)));
    refused(client.get(&filtered, &key, Bins::All).await, ResultCode::FilteredOut);
    let unknown = client.execute_udf(&WritePolicy::default(), &key, "no-module", "function", &[]).await.unwrap_err();
    assert!(unknown.to_string().contains("Execution Error 1"), "{unknown}");
}

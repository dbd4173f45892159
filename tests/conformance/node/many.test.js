'use strict'
const { after, before, test } = require('node:test')
const assert = require('node:assert')
const { Aerospike, NAMESPACE, collect, connect, freshKey, nodeCount, refused, unique, waitUntil } = require('./harness.js')

const op = Aerospike.operations
const { batchType } = Aerospike
const COUNT = 1500
let client, set

// A set of records {i: 0..count-1}, keyed by i.
async function filled (count) {
  const name = unique('set')
  const policy = new Aerospike.WritePolicy({ key: Aerospike.policy.key.SEND })
  for (let i = 0; i < count; ++i) await client.put(new Aerospike.Key(NAMESPACE, name, i), { i, s: 'text' }, {}, policy)
  return name
}

const ids = (records) => records.map((record) => record.key.key).sort((a, b) => a - b)
const upTo = (count) => [...Array(count).keys()]

before(async () => { client = await connect(); set = await filled(COUNT) })
after(() => client.close(false))

test('batch reads', async () => {
  const key = (i) => new Aerospike.Key(NAMESPACE, set, i)
  const rows = await client.batchRead([{ key: key(1), readAllBins: true }, { key: key(2), bins: ['s'] }, { key: freshKey(), readAllBins: true }])
  assert.deepStrictEqual(rows.map((row) => row.status), [0, 0, 2])
  assert.deepStrictEqual(rows.slice(0, 2).map((row) => row.record.bins), [{ i: 1, s: 'text' }, { s: 'text' }])
  const found = await client.batchExists([key(1), freshKey()])
  assert.deepStrictEqual(found.map((row) => row.status), [0, 2])
})

test('a batch of mixed rows', async () => {
  const [read, written, removed, text, gone] = [1, 2, 3, 4, 5].map(() => freshKey())
  await client.put(read, { a: 1 })
  await client.put(removed, { a: 1 })
  await client.put(text, { a: 'text' })
  const rows = await client.batchWrite([
    { type: batchType.BATCH_WRITE, key: written, ops: [op.write('b', 2), op.read('b')] },
    { type: batchType.BATCH_REMOVE, key: removed },
    { type: batchType.BATCH_WRITE, key: text, ops: [op.incr('a', 1)] },
    { type: batchType.BATCH_REMOVE, key: gone },
    { type: batchType.BATCH_READ, key: read, readAllBins: true },
    { type: batchType.BATCH_WRITE, key: read, ops: [op.write('a', 2)], policy: new Aerospike.BatchWritePolicy({ exists: Aerospike.policy.exists.CREATE }) }
  ])
  assert.deepStrictEqual(rows.map((row) => row.status), [0, 0, 12, 2, 0, 5])
  assert.deepStrictEqual(rows[0].record.bins, { b: 2 })
  assert.strictEqual(await client.exists(removed), false)
})

test('a batch of a thousand keys', async () => {
  const keys = Array.from({ length: 1000 }, () => freshKey())
  await client.batchWrite(keys.map((key) => ({ type: batchType.BATCH_WRITE, key, ops: [op.write('v', 'x'.repeat(100))] })))
  for (const policy of [undefined, new Aerospike.BatchPolicy({ compress: true })]) {
    const rows = await client.batchRead(keys.map((key) => ({ key, readAllBins: true })), policy)
    assert.ok(rows.every((row) => row.status === 0 && row.record.bins.v.length === 100))
  }
  const removed = await client.batchRemove(keys)
  assert.ok(removed.every((row) => row.status === 0))
})

test('a whole set', async () => {
  assert.deepStrictEqual(ids(await collect(client.scan(NAMESPACE, set))), upTo(COUNT))
  assert.deepStrictEqual(ids(await collect(client.query(NAMESPACE, set))), upTo(COUNT))
  assert.deepStrictEqual(await collect(client.scan(NAMESPACE, 'no-such-set')), [])
})

test('a scan of some bins, and of none', async () => {
  const some = await collect(client.scan(NAMESPACE, set, { select: ['s'] }))
  assert.ok(some.length === COUNT && some.every((record) => Object.keys(record.bins).join() === 's'))
  const none = await collect(client.scan(NAMESPACE, set, { nobins: true }))
  assert.ok(none.length === COUNT && none.every((record) => Object.keys(record.bins).length === 0))
})

test('a scan with a limit, and at a rate', async () => {
  assert.strictEqual((await collect(client.scan(NAMESPACE, set), new Aerospike.ScanPolicy({ maxRecords: 100 }))).length, 100)
  assert.strictEqual((await collect(client.scan(NAMESPACE, set), new Aerospike.ScanPolicy({ recordsPerSecond: 10000 }))).length, COUNT)
})

test('a scan in parts', async () => {
  let all = []
  for (let begin = 0; begin < 4096; begin += 1024) {
    const scan = client.scan(NAMESPACE, set)
    scan.partitions(begin, 1024)
    all = all.concat(await collect(scan))
  }
  assert.deepStrictEqual(ids(all), upTo(COUNT))
})

test('a scan in pages', async () => {
  const scan = client.scan(NAMESPACE, set, { paginate: true })
  let all = []
  for (let pages = 0; pages < 100; ++pages) {
    const page = await new Promise((resolve, reject) => {
      const records = []
      const stream = scan.foreach(new Aerospike.ScanPolicy({ maxRecords: 133 }))
      stream.on('data', (record) => records.push(record))
      stream.on('error', reject)
      stream.on('end', (state) => { scan.nextPage(state); resolve(records) })
    })
    all = all.concat(page)
    if (!scan.hasNextPage()) break
  }
  assert.deepStrictEqual(ids(all), upTo(COUNT))
})

test('a background write', async () => {
  const name = await filled(300)
  const job = await client.scan(NAMESPACE, name).operate([op.incr('i', 1000)])
  await job.waitUntilDone(20)
  const records = await collect(client.scan(NAMESPACE, name))
  assert.deepStrictEqual(records.map((record) => record.bins.i).sort((a, b) => a - b), upTo(300).map((i) => i + 1000))
})

test('truncation', async () => {
  const [name, other] = [await filled(50), await filled(50)]
  await client.truncate(NAMESPACE, name, 0)
  await waitUntil('the set is empty', async () => (await collect(client.scan(NAMESPACE, name))).length === 0)
  assert.strictEqual((await collect(client.scan(NAMESPACE, other))).length, 50)
})

test('nodes and info', async () => {
  assert.ok(client.isConnected())
  const nodes = client.getNodes()
  assert.strictEqual(nodes.length, nodeCount)
  assert.match(await client.infoNode('build', nodes[0]), /^build\t\d+\.\d+/)
  const [answer] = await client.infoAll('namespaces')
  assert.match(answer.info, /test/)
  await assert.rejects(client.infoAny('no-such-command'))
  assert.match(await client.infoAny('status'), /ok/)
})

test('operations inside values work, filters hide, unknown functions fail', async () => {
  const key = freshKey()
  await client.put(key, { l: [1], m: { a: 1 }, b: Buffer.from([1]) })
  for (const operation of [Aerospike.lists.append('l', 1), Aerospike.lists.size('l'), Aerospike.maps.size('m'),
    Aerospike.bitwise.get('b', 0, 8)]) {
    await client.operate(key, [operation])
  }
  await refused(100, client.apply(key, { module: 'no-module', funcname: 'f', args: [] }))
  const filterExpression = Aerospike.exp.eq(Aerospike.exp.binInt('i'), Aerospike.exp.int(1))
  await refused(27, client.get(key, new Aerospike.ReadPolicy({ filterExpression })))
})

'use strict'
const { after, before, test } = require('node:test')
const assert = require('node:assert')
const { Aerospike, connect, freshKey, onDevice, refused, waitUntil } = require('./harness.js')

const { exists, gen } = Aerospike.policy
const op = Aerospike.operations
const NEVER = -1
let client

before(async () => { client = await connect() })
after(() => client.close(false))

async function stored (bins, meta, policy) {
  const key = freshKey()
  await client.put(key, bins, meta, policy)
  return key
}

test('values come back as written', async () => {
  const values = {
    integers: [0, 1, -1, 2 ** 31, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
    bigintegers: [2n ** 63n - 1n, -(2n ** 63n)],
    floats: [1.5, -2.25, 5e-324, 1.7976931348623157e308],
    strings: ['', 'plain', 'žluťoučký 日本 🐎', 'x'.repeat(100000)],
    bools: [true, false],
    lists: [[], [1, 'two', 2.5, null, true, [[[]]]]],
    maps: [{ a: 1, deep: { list: [1, { x: 'y' }] } }]
  }
  for (const [kind, examples] of Object.entries(values)) {
    for (const value of examples) {
      const back = (await client.get(await stored({ v: value }))).bins.v
      assert.deepStrictEqual(back, value, kind)
    }
  }
})

test('a whole float stays a float', async () => {
  const back = (await client.get(await stored({ v: new Aerospike.Double(3.0) }))).bins.v
  assert.strictEqual(Number(back), 3)
})

test('bytes', async () => {
  const value = Buffer.from([0, 1, 255, 0])
  assert.deepStrictEqual((await client.get(await stored({ v: value }))).bins.v, value)
})

test('GeoJSON', async () => {
  const point = new Aerospike.GeoJSON.Point(-122.0, 37.5)
  const back = (await client.get(await stored({ v: point }))).bins.v
  assert.deepStrictEqual(JSON.parse(back.toString()), JSON.parse(point.toString()))
})

test('null removes a bin, the last one the record', async () => {
  const key = await stored({ a: 1, b: 2 })
  await client.put(key, { a: null })
  assert.deepStrictEqual((await client.get(key)).bins, { b: 2 })
  await client.put(key, { b: null })
  assert.strictEqual(await client.exists(key), false)
})

test('selected bins and existence', async () => {
  const key = await stored({ a: 1, b: 2, c: 3 })
  assert.deepStrictEqual((await client.select(key, ['a', 'c', 'none'])).bins, { a: 1, c: 3 })
  assert.strictEqual(await client.exists(key), true)
  assert.strictEqual(await client.exists(freshKey()), false)
  await refused(2, client.get(freshKey()))
})

test('an unknown namespace', () => refused(20, client.put(freshKey('s', 'nowhere'), { a: 1 })))

test('existence policies', async () => {
  const key = freshKey()
  const put = (bins, policy) => client.put(key, bins, {}, new Aerospike.WritePolicy({ exists: policy }))
  await refused(2, put({ a: 1 }, exists.UPDATE))
  await refused(2, put({ a: 1 }, exists.REPLACE))
  await put({ a: 1, b: 2 }, exists.CREATE)
  await refused(5, put({ a: 2 }, exists.CREATE))
  await put({ c: 3 }, exists.UPDATE)
  assert.deepStrictEqual((await client.get(key)).bins, { a: 1, b: 2, c: 3 })
  await put({ d: 4 }, exists.CREATE_OR_REPLACE)
  await put({ e: 5 }, exists.REPLACE)
  assert.deepStrictEqual((await client.get(key)).bins, { e: 5 })
})

test('generation policies', async () => {
  const key = await stored({ a: 1 })
  const put = (generation, policy) => client.put(key, { a: generation }, { gen: generation }, new Aerospike.WritePolicy({ gen: policy }))
  await refused(3, put(7, gen.EQ))
  await put(1, gen.EQ)
  await refused(3, put(2, gen.GT))
  await put(3, gen.GT)
  assert.strictEqual((await client.get(key)).gen, 3)
})

test('life times', async () => {
  const key = await stored({ a: 1 })
  const ttl = async () => (await client.get(key)).ttl
  const near = (got, want) => assert.ok(got <= want && got > want - 30, `got ${got}, expected about ${want}`)
  assert.strictEqual(await ttl(), NEVER)
  await client.put(key, { a: 1 }, { ttl: 1000 })
  near(await ttl(), 1000)
  await client.put(key, { a: 1 }, { ttl: Aerospike.ttl.DONT_UPDATE })
  near(await ttl(), 1000)
  await client.operate(key, [op.touch(5000)])
  near(await ttl(), 5000)
  await client.put(key, { a: 1 }, { ttl: Aerospike.ttl.NEVER_EXPIRE })
  assert.strictEqual(await ttl(), NEVER)
  await refused(4, client.put(key, { a: 1 }, { ttl: 11 * 365 * 86400 }))
  await refused(22, client.put(freshKey('node', 'bar'), { a: 1 }, { ttl: 10 }))
})

test('an expired record is not served', async () => {
  const key = await stored({ a: 1 }, { ttl: 1 })
  await waitUntil('a record of one second expires', async () => !(await client.exists(key)))
  await refused(2, client.get(key))
})

test('removal', async () => {
  const key = await stored({ a: 1 })
  const durably = () => client.remove(key, new Aerospike.RemovePolicy({ durableDelete: true }))
  if (onDevice) {
    await durably()
    await client.put(key, { a: 1 })
  } else {
    await refused(25, durably())
  }
  await client.remove(key)
  await refused(2, client.remove(key))
})

test('a record too big', () => refused(13, client.put(freshKey(), { a: Buffer.alloc(1 << 20) })))

test('arithmetic and strings', async () => {
  const key = await stored({ i: 1, f: 1.5, s: 'b' })
  await client.incr(key, { i: 41 })
  await client.incr(key, { f: 2.25 })
  await client.append(key, { s: 'c' })
  await client.prepend(key, { s: 'a' })
  assert.deepStrictEqual((await client.get(key)).bins, { i: 42, f: 3.75, s: 'abc' })
  await refused(12, client.incr(key, { s: 1 }))
  await refused(12, client.append(key, { i: 'x' }))
})

test('operations in order', async () => {
  const key = await stored({ n: 1, s: 'b' })
  const record = await client.operate(key, [op.incr('n', 4), op.read('n'), op.append('s', 'c'), op.prepend('s', 'a'), op.read('s'),
    op.write('w', [1]), op.read('w')])
  assert.deepStrictEqual(record.bins, { n: 5, s: 'abc', w: [1] })
  assert.strictEqual((await client.get(key)).gen, 2)
  await client.operate(key, [op.delete(), op.write('only', 1)])
  assert.deepStrictEqual((await client.get(key)).bins, { only: 1 })
  await refused(12, client.operate(key, [op.write('only', 2), op.append('only', 'x')]))
  assert.deepStrictEqual((await client.get(key)).bins, { only: 1 })
})

test('compressed requests and answers', async () => {
  const key = freshKey()
  const bins = { s: 'compress me '.repeat(5000) }
  await client.put(key, bins, {}, new Aerospike.WritePolicy({ compress: true }))
  assert.deepStrictEqual((await client.get(key, new Aerospike.ReadPolicy({ compress: true }))).bins, bins)
})

test('a client with one connection serves on after errors', async () => {
  const one = await connect({ maxConnsPerNode: 1 })
  const key = await stored({ s: 'text' })
  for (let i = 0; i < 20; ++i) {
    await refused(12, one.incr(key, { s: 1 }))
    await refused(2, one.get(freshKey()))
    assert.deepStrictEqual((await one.get(key)).bins, { s: 'text' })
  }
  one.close(false)
})

'use strict'
// What the Node client's tests share. The server's port is in CAIRN_PORT, its kind of storage in CAIRN_STORAGE, the
// number of nodes in CAIRN_SIZE.

const assert = require('node:assert')
const Aerospike = require('aerospike')

const NAMESPACE = 'test'
const onDevice = process.env.CAIRN_STORAGE === 'device'
const nodeCount = Number(process.env.CAIRN_SIZE ?? 1)
let counter = 0

const unique = (kind) => `${kind}-${process.pid}-${++counter}`

// A key that no other test uses.
const freshKey = (set = 'node', namespace = NAMESPACE) => new Aerospike.Key(namespace, set, unique('key'))

const connect = (change = {}) =>
  Aerospike.connect({ hosts: `127.0.0.1:${process.env.CAIRN_PORT}`, log: { level: Aerospike.log.OFF }, ...change })

// The promise is rejected with this result code.
async function refused (code, promise) {
  await assert.rejects(promise, (error) => {
    assert.strictEqual(error.code, code, error.message)
    return true
  })
}

// Asks again until the condition holds.
async function waitUntil (what, condition, seconds = 20) {
  const deadline = Date.now() + seconds * 1000
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, `not within ${seconds} s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

// All records of a scan or query.
const collect = (source, policy) => new Promise((resolve, reject) => {
  const records = []
  const stream = source.foreach(policy)
  stream.on('data', (record) => records.push(record))
  stream.on('error', reject)
  stream.on('end', () => resolve(records))
})

module.exports = { Aerospike, NAMESPACE, collect, connect, freshKey, nodeCount, onDevice, refused, unique, waitUntil }

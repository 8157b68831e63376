import { textOf, utf8 } from '../../../functions/domain/anchor/bytes.ts'
import { bytesOfLeaf, partsOfId, readLeaf } from '../../../functions/domain/anchor/leaf.ts'

const hash = 'sha-256:ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0'

it('a leaf is the canonical JSON of hash and id, and nothing else of the entry', () => {
  const entry = { id: 'req_1/3', hash, type: 'Approved' }
  expect(textOf(bytesOfLeaf(entry))).toBe(`{"hash":"${hash}","id":"req_1/3"}`)
  expect(readLeaf(bytesOfLeaf(entry))).toEqual({ id: 'req_1/3', hash })
})

it('a leaf in another spelling, with another member or of other bytes is not read', () => {
  for (const text of [
    `{"id":"req_1/3","hash":"${hash}"}`,
    `{"hash": "${hash}","id":"req_1/3"}`,
    `{"hash":"${hash}","id":"req_1/3","more":1}`,
    `{"hash":"${hash}"}`,
    'null',
    '',
    '{',
  ]) {
    expect(readLeaf(utf8(text))).toBeUndefined()
  }
  expect(readLeaf(Uint8Array.of(0xff, 0xfe))).toBeUndefined()
})

it('an id is an aggregate and a sequence from 1', () => {
  expect(partsOfId('req_1/12')).toEqual({ aggregate: 'req_1', sequence: 12 })
  expect(partsOfId('agent:a/b/2')).toEqual({ aggregate: 'agent:a/b', sequence: 2 })
  for (const id of ['req_1', 'req_1/', '/1', 'req_1/0', 'req_1/01', 'req_1/-1', 'req_1/1.5', 'req_1/1e3', 'req_1/ 1']) {
    expect(partsOfId(id)).toBeUndefined()
  }
})

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { lambdas, rowsPutBy } from '../../infra/functions.ts'
import { root } from '../support/repository.ts'
import { home, synthesize } from './support/assembly.ts'
import { isAllowed, type Policy } from './support/judge.ts'
import { grantsIn, listOf, rolesOf, textOf } from './support/template.ts'

/** The rows that a subverted function could put, judged by another engine. */
const assembly = synthesize()

const table = (name: 'Requests' | 'Ledger') => `arn:aws:dynamodb:eu-central-1:${home}:table/${name}`

const sourcesOf = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('\n')

/** The statements of a role about puts. */
function puttingOf(owner: string): readonly Policy[] {
  const roles = rolesOf(assembly.hotwork)
  const statements = grantsIn(assembly.hotwork)
    .filter((grant) => grant.roles.some((role) => roles.get(role) === owner))
    .flatMap((grant) => grant.statements)
    .filter(({ Action }) => listOf(Action).includes('dynamodb:PutItem'))
  const Statement = statements.map(({ Effect, Resource, Condition }) => ({
    Effect,
    Action: 'dynamodb:PutItem',
    Resource: listOf(Resource).map((each) => textOf(each).replace(/^<(\w+)>$/, (_, name) => table(name))),
    ...(Condition === undefined ? {} : { Condition }),
  }))
  return [{ Version: '2012-10-17', Statement }]
}

const mayPut = (owner: string, resource: string, key: string) =>
  isAllowed({
    role: `arn:aws:iam::${home}:role/${owner.split(' ')[0]}`,
    action: 'dynamodb:PutItem',
    resource,
    context: { 'aws:RequestedRegion': 'eu-central-1', 'dynamodb:LeadingKeys': [key] },
    identity: puttingOf(owner),
  })

const broker = 'call-aws & issue-aws-credentials'
const id = '0'.repeat(26)
const request = `REQ#req_${id}`
const neverARequest = [
  'evaluate',
  'list-actions',
  'read-task',
  'log-in',
  'refresh-groups',
  'give-permit',
  'revoke-permit',
  'give-stand-in',
  'end-stand-in',
  'declare-halt',
  'lift-halt',
  'receive-signal',
  'link-slack',
]

test.each(neverARequest)('the function %s cannot put a request or an opening', async (owner) => {
  expect(await mayPut(owner, table('Requests'), request)).toBe(false)
  expect(await mayPut(owner, table('Requests'), `REQ#bgl_${id}`)).toBe(false)
  expect(await mayPut(owner, table('Ledger'), `req_${id}`)).toBe(false)
})

test.each([
  ['read-task', 'HALT#all#all'],
  ['read-task', 'OPEN#x'],
  ['log-in', 'HALT#all#all'],
  ['log-in', 'PERMIT#stp_x'],
  ['evaluate', 'SESSION#x'],
  ['list-actions', `EVAL#evl_${id}`],
  ['list-actions', 'CHAIN#agent:remediator'],
  ['refresh-groups', 'LINK#T0#U0'],
  ['submit-request', 'HALT#all#all'],
  ['issue-token', 'HALT#all#all'],
  ['issue-token', 'IDEM#x'],
  ['complete-request', 'SESSION#x'],
  ['cancel-request', 'PERMIT#stp_x'],
  ['end-use', 'HALT#all#all'],
  ['link-slack', 'CHAIN#agent:remediator'],
  ['begin-use', 'CHAIN#agent:remediator'],
  ['open-break-glass', request],
  ['report-sealed-use', request],
  [broker, 'HALT#all#all'],
  ['write-denies', 'HALT#all#all'],
  ['begin-use', 'HALTCOPY#7#all#all'],
  ['begin-use', 'HALTED#7'],
  ['lift-halt', 'HALTED#7'],
])('the function %s cannot put the row %s', async (owner, key) =>
  expect(await mayPut(owner, table('Requests'), key)).toBe(false),
)

test('a forbidden row beside an allowed one is refused', async () => {
  const both = { 'dynamodb:LeadingKeys': ['LOGIN#x', request] }
  const call = { role: `arn:aws:iam::${home}:role/log-in`, action: 'dynamodb:PutItem', resource: table('Requests') }
  expect(await isAllowed({ ...call, identity: puttingOf('log-in'), context: both })).toBe(false)
})

test.each([
  ['evaluate', `EVAL#evl_${id}`],
  ['evaluate', 'CHAIN#tool:flag-service'],
  ['list-actions', 'RATE#evaluations#agent:remediator'],
  ['log-in', 'LOGIN#sha-256:x'],
  ['log-in', 'SESSION#sha-256:x'],
  ['refresh-groups', 'GROUP#on-call-now'],
  ['declare-halt', 'HALT#agent#agent:remediator'],
  ['declare-halt', 'HALTCOPY#7#agent#agent:remediator'],
  ['declare-halt', 'HALTED#7'],
  ['receive-slack', 'HALTED#7'],
  ['decide-on-page', `LOOK#req_${id}#1#owner`],
  ['ask-on-page', 'RATE#submissions#agent:remediator'],
  ['declare-halt', `HLT#hlt_${id}`],
  ['declare-halt', 'CHAIN#person:gus'],
  ['receive-signal', 'HALT#owner#person:dan'],
  ['receive-signal', 'SEEN#sha-256:x'],
  ['link-slack', 'LINK#T0#U0'],
  ['submit-request', request],
  ['submit-request', `PERMIT#stp_${id}`],
  ['receive-slack', request],
  ['receive-slack', 'HALT#agent#agent:remediator'],
  ['receive-slack', `HLT#hlt_${id}`],
  [broker, request],
  ['open-break-glass', `REQ#bgl_${id}`],
  ['write-denies', `DENY#arn:aws:iam::${home}:role/hotwork/Elsewhere-target`],
])('the function %s may put the row %s', async (owner, key) =>
  expect(await mayPut(owner, table('Requests'), key)).toBe(true),
)

test.each([
  ['link-slack', 'agent:remediator'],
  ['declare-halt', `stp_${id}`],
  ['lift-halt', `bgl_${id}`],
  ['receive-signal', 'person:gus'],
  ['give-stand-in', `hlt_${id}`],
  ['open-break-glass', `req_${id}`],
  ['begin-use', 'person:gus'],
  ['advance-workflow', 'person:gus'],
  ['submit-request', 'person:gus'],
])('the function %s puts no entry into the chain of %s', async (owner, chain) =>
  expect(await mayPut(owner, table('Ledger'), chain)).toBe(false),
)

test.each([
  ['link-slack', 'person:gus'],
  ['declare-halt', `hlt_${id}`],
  ['receive-signal', `hlt_${id}`],
  ['open-break-glass', `bgl_${id}`],
  ['begin-use', 'tool:flag-service'],
  ['advance-workflow', `req_${id}`],
  ['decide-request', 'person:gus'],
])('the function %s may put an entry into the chain of %s', async (owner, chain) =>
  expect(await mayPut(owner, table('Ledger'), chain)).toBe(true),
)

test("no role may put a request's row, or an entry, under an unnamed prefix", () => {
  const unnamed = grantsIn(assembly.hotwork).flatMap(({ roles, statements }) =>
    statements
      .filter(({ Action }) => listOf(Action).includes('dynamodb:PutItem'))
      .filter(({ Resource }) => listOf(Resource).some((each) => /<(?:Requests|Ledger)>/.test(textOf(each))))
      .filter(({ Condition }) => {
        const keys = (Condition as { [test: string]: { [key: string]: string[] } })?.['ForAllValues:StringLike']
        const patterns = listOf(keys?.['dynamodb:LeadingKeys'])
        return patterns.length === 0 || patterns.some((each) => !/^[A-Za-z_]+[#:]?[a-z_:]*\*$/.test(String(each)))
      })
      .map(() => roles),
  )
  expect(unnamed).toEqual([])
})

test('each row that a store writes is named by a descriptor, or AWS would refuse it', () => {
  const named = new Set(lambdas.flatMap(rowsPutBy).map((row) => row.replace(/#.+/, '#')))
  const code = ['adapters', 'domain', 'operations', 'targets']
    .map((layer) => sourcesOf(join(root, 'functions', layer)))
    .join('\n')
  const written = new Set([...code.matchAll(/[`']([A-Z]{2,}#)/g)].map(([, prefix = '']) => prefix))
  expect(written.size).toBeGreaterThan(25)
  expect([...written].filter((prefix) => !named.has(prefix))).toEqual([])
})

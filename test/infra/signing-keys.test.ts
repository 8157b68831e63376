import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runApp, stackName } from './support/assembly.ts'
import { grantsIn, listOf, resourcesOf, statementsOf, type Template, templateOf, textOf } from './support/template.ts'

/** The second of the three deployments that put another key in the place of the one that signs. */

const outdir = mkdtempSync(join(tmpdir(), 'hotwork-keys-'))
let template: Template
beforeAll(() => {
  const context = { stackName, deployment: 'test/policies/deployment.json', signingKeys: '2,1' }
  const { status, stderr } = runApp(context, outdir)
  if (status !== 0) throw new Error(stderr)
  template = templateOf(join(outdir, `${stackName}.template.json`))
}, 180_000)
afterAll(() => rmSync(outdir, { recursive: true, force: true }))

const keys = () => resourcesOf(template, 'AWS::KMS::Key').filter(([id]) => id.startsWith('CredentialKey'))
const numberOf = (id: string) => (/Key2/.test(id) ? 2 : 1)
const arnOf = (number: number) =>
  textOf({ 'Fn::GetAtt': [keys().find(([id]) => numberOf(id) === number)?.[0] ?? '', 'Arn'] })
const variablesOf = (name: string): { [variable: string]: string } => {
  const found = resourcesOf(template, 'AWS::Lambda::Function').find(
    ([, { Properties }]) => Properties['Description'] === `Hotwork ${name}`,
  )
  const { Variables = {} } = (found?.[1].Properties['Environment'] ?? {}) as { Variables?: object }
  return Object.fromEntries(Object.entries(Variables).map(([variable, value]) => [variable, textOf(value)]))
}

test('there are both keys, for signing on P-256, and neither goes with its place in the stack', () => {
  expect(keys().map(([id]) => numberOf(id))).toEqual(expect.arrayContaining([1, 2]))
  for (const [, key] of keys()) {
    expect(key.Properties).toMatchObject({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
    expect(key).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' })
  }
})

test('the first may be signed with, and the other no more, by its own policy and by the role’s', () => {
  const signers = keys().filter(([, { Properties }]) =>
    statementsOf(Properties['KeyPolicy']).some(({ Action }) => listOf(Action).includes('kms:Sign')),
  )
  expect(signers.map(([id]) => numberOf(id))).toEqual([2])
  const rights = grantsIn(template).flatMap(({ statements }) =>
    statements
      .filter(({ Action }) => listOf(Action).includes('kms:Sign'))
      .flatMap(({ Resource }) => listOf(Resource).map(textOf))
      .filter((key) => !key.includes('Anchor')),
  )
  // The one who signs tokens, and the one who signs statements.
  expect(rights).toEqual([arnOf(2), arnOf(2)])
})

test('whoever verifies or publishes knows both, and the issuer the one that it signs with', () => {
  expect(variablesOf('issue-token')['SIGNING_KEY']).toBe(arnOf(2))
  expect(variablesOf('sign-statement')['SIGNING_KEY']).toBe(arnOf(2))
  for (const name of [
    'metadata',
    'evaluate',
    'submit-request',
    'issue-token',
    'begin-use',
    'issue-aws-credentials',
    'introspect-token',
    'revoke-token',
  ])
    expect([name, variablesOf(name)['PUBLISHED_KEYS']]).toEqual([name, `${arnOf(2)} ${arnOf(1)}`])
})

test('both public keys may be fetched by each of them, and by nobody else', () => {
  const owners = grantsIn(template).flatMap(({ statements }) =>
    statements
      .filter(({ Action }) => listOf(Action).includes('kms:GetPublicKey'))
      .map(
        ({ Resource }) =>
          listOf(Resource)
            .map(textOf)
            .filter((key) => !key.includes('Anchor')).length,
      )
      .filter((count) => count > 0),
  )
  // Eight that verify or publish, each both; and the two that sign, the one that they sign with.
  expect(owners.sort()).toEqual([1, 1, 2, 2, 2, 2, 2, 2, 2, 2])
})

test("the notary's keys are in no list of keys that tokens are verified by, and those of tokens in none of the notary's", () => {
  const listsOf = (variable: string) =>
    resourcesOf(template, 'AWS::Lambda::Function').flatMap(([, { Properties }]) => {
      const { Variables = {} } = (Properties['Environment'] ?? {}) as { Variables?: { [name: string]: unknown } }
      return variable in Variables ? [textOf(Variables[variable])] : []
    })
  const [ofTokens, ofNotary] = [listsOf('PUBLISHED_KEYS'), listsOf('NOTARY_KEYS')]
  expect([ofTokens.length, ofNotary.length].every((count) => count > 0)).toBe(true)
  expect(ofTokens.filter((list) => list.includes('Anchor'))).toEqual([])
  expect(ofNotary.filter((list) => list.includes('CredentialKey'))).toEqual([])
})

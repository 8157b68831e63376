import { synthesizeAnchored } from './support/assembly.ts'
import { grantsIn, listOf, resourcesOf, statementsOf, textOf, valuesOf, variablesIn } from './support/template.ts'

/** The second of the three deployments that put another key in the place of the one that signs. */

const { hotwork: template } = synthesizeAnchored()

const keys = () => resourcesOf(template, 'AWS::KMS::Key').filter(([id]) => id.startsWith('CredentialKey'))
const numberOf = (id: string) => (/Key2/.test(id) ? 2 : 1)
const arnOf = (number: number) =>
  textOf({ 'Fn::GetAtt': [keys().find(([id]) => numberOf(id) === number)?.[0] ?? '', 'Arn'] })
const variables = variablesIn(template)

test('both keys are for signing on P-256, and outlive their stack', () => {
  expect(keys().map(([id]) => numberOf(id))).toEqual(expect.arrayContaining([1, 2]))
  for (const [, key] of keys()) {
    expect(key.Properties).toMatchObject({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' })
    expect(key).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' })
  }
})

test("only the first key may sign, by its own policy and by the role's", () => {
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
  // The signers of tokens and of statements.
  expect(rights).toEqual([arnOf(2), arnOf(2)])
})

test('verifiers and publishers are told both keys, and signers the signing one', () => {
  expect(variables['issue-token']?.['SIGNING_KEY']).toBe(arnOf(2))
  expect(variables['sign-statement']?.['SIGNING_KEY']).toBe(arnOf(2))
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
    expect([name, variables[name]?.['PUBLISHED_KEYS']]).toEqual([name, `${arnOf(2)} ${arnOf(1)}`])
})

test('exactly the verifiers and publishers may fetch both public keys', () => {
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
  // Eight verify or publish with both keys, and two sign with one.
  expect(owners.sort()).toEqual([1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2])
})

test("the notary's keys and those of tokens are in separate lists", () => {
  const [ofTokens, ofNotary] = [valuesOf(template, 'PUBLISHED_KEYS'), valuesOf(template, 'NOTARY_KEYS')]
  expect([ofTokens.length, ofNotary.length].every((count) => count > 0)).toBe(true)
  expect(ofTokens.filter((list) => list.includes('Anchor'))).toEqual([])
  expect(ofNotary.filter((list) => list.includes('CredentialKey'))).toEqual([])
})

import { isItsName, typeThisOf } from '../../../functions/domain/record/typed-name.ts'
import { sampleAsk, sampleStage } from '../../support/ask.ts'

const on = (id: string, typeTheName?: true) => ({
  ask: sampleAsk({ resource: { type: 'some:thing', id } }),
  stages: [{ terms: sampleStage('owner'), decisions: [] }].map((stage) => ({
    ...stage,
    terms: { ...stage.terms, ...(typeTheName && { typeTheName }) },
  })),
})

test.each([
  ['arn:aws:ssm:us-east-1:000000000000:parameter/prod/checkout/timeout-ms', 'timeout-ms'],
  ['arn:aws:lambda:us-east-1:000000000000:function:checkout', 'checkout'],
  ['payments', 'payments'],
  ['a/b:c', 'c'],
  ['a:b/c', 'c'],
  // A separator at the very end separates nothing: an empty name would be no question.
  ['arn:aws:s3:::bucket/prefix/', 'prefix'],
  ['::', '::'],
])('the name of the resource %s is %s', (id, name) => {
  expect(typeThisOf(on(id, true))).toBe(name)
  expect(isItsName(on(id), name)).toBe(true)
})

test('a tier that does not ask for it has no name to type', () => {
  expect(typeThisOf(on('a/b'))).toBeUndefined()
})

test.each([undefined, '', 'B', 'b ', ' b', 'a/b', '/b'])('the typed text %j is another name', (typed) => {
  expect(isItsName(on('a/b'), typed)).toBe(false)
})

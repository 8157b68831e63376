import { sampleBundle } from '../support/world.ts'
import { testBadFolders } from './bad/bad-folders.ts'
import { Copy } from './sample.ts'

/** `accounts` is the short form of targets of the kind `aws`: both forms compile, so old files need no change. */

test('targets of AWS compile to the bundle of the same accounts', () => {
  using copy = new Copy()
  copy.editJson('deployment.json', (deployment) => {
    const accounts = Object.entries<object>(deployment.accounts)
    deployment.targets = Object.fromEntries(accounts.map(([alias, each]) => [alias, { kind: 'aws', ...each }]))
    delete deployment.accounts
  })
  const compiled = copy.compile()
  expect(compiled.ok && compiled.bundle).toEqual(sampleBundle())
})

test('an entry with `target` compiles to the same as one with `account` and `tool`', () => {
  using copy = new Copy()
  copy.editJson('policies/actions/ssm.put-parameter.json', (entry) => {
    entry.target = entry.account
    delete entry.account
    delete entry.tool
  })
  const compiled = copy.compile()
  expect(compiled.ok && compiled.bundle).toEqual(sampleBundle())
})

testBadFolders('targets.txt', {
  givens: {
    'a second account': (copy) =>
      copy.editJson('deployment.json', ({ accounts }) => {
        accounts.other = accounts.target
      }),
  },
})

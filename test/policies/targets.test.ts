import { cedar } from '../../functions/adapters/cedar/compile-cedar.ts'
import { openFolder } from '../../functions/adapters/policy-folder/compile-folder.ts'
import { sampleBundle } from '../support/world.ts'
import { addCluster, scale } from '../targets/kubernetes/reach-bundle.ts'
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

test.each([{ tool: 'kubernetes' }, {}])("a cluster's `token` is `cluster_token` in the bundle, with %j too", (more) => {
  using copy = new Copy()
  const { tool: _, ...entry } = { ...scale, credential: 'token' }
  addCluster(copy, { server: 'https://cluster.example.org' })
  copy.add('policies/actions/k8s.scaledeployment.json', JSON.stringify({ ...entry, ...more }))
  const opened = openFolder(copy.at('policies'), copy.at('deployment.json'), cedar)
  expect(opened.ok ? opened.bundle.actions[entry.name] : opened.problems).toMatchObject({
    ...{ credential: 'cluster_token', tool: 'kubernetes', target: 'cluster' },
  })
})

testBadFolders('targets.txt', {
  givens: {
    'a second account': (copy) =>
      copy.editJson('deployment.json', ({ accounts }) => {
        accounts.other = accounts.target
      }),
    'two clusters': (copy) =>
      copy.editJson('deployment.json', (deployment) => {
        const cluster = (name: string) => ({
          kind: 'kubernetes',
          server: `https://${name}.example.org`,
          audience: name,
        })
        const namespaces = ['payments']
        deployment.targets = { one: { ...cluster('one'), namespaces }, two: { ...cluster('two'), namespaces } }
      }),
  },
})

import { Template as Assertions } from 'aws-cdk-lib/assertions'
import { synthesize } from './support/assembly.ts'
import { type Resource, resourcesOf } from './support/template.ts'

/** CloudFormation refuses a template with a cycle of resources, and emulators may accept one. */

const assembly = synthesize()

type Resources = { readonly [id: string]: Resource & { DependsOn?: string | string[] } }

function named(value: unknown, resources: Resources): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap((each) => named(each, resources))
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'Ref') return [String(inner)].filter((id) => id in resources)
    if (key === 'Fn::GetAtt') return [String(inner[0])]
    return named(inner, resources)
  })
}

const waitsFor = (id: string, resources: Resources): readonly string[] => {
  const { Properties, DependsOn = [] } = resources[id] as Resources[string]
  return [...named(Properties, resources), ...(Array.isArray(DependsOn) ? DependsOn : [DependsOn])]
}

test('no template has a cycle of resources', () => {
  for (const template of [assembly.hotwork, ...Object.values(assembly.targets)])
    expect(() => Assertions.fromJSON(template)).not.toThrow()
})

test('a function and its event source wait until its role has all its rights', () => {
  const { Resources } = assembly.hotwork
  const apart = new Map(
    resourcesOf(assembly.hotwork, 'AWS::IAM::Policy').flatMap(([policy, { Properties }]) =>
      (Properties['Roles'] as { Ref: string }[]).map(({ Ref }) => [Ref, policy]),
    ),
  )
  const roleOf = ({ Properties }: Resource) => (Properties['Role'] as { 'Fn::GetAtt': [string] })['Fn::GetAtt'][0]
  const functions = resourcesOf(assembly.hotwork, 'AWS::Lambda::Function')
  for (const [id, made] of functions) expect([id, waitsFor(id, Resources)]).toEqual([id, rightsOf(made, id)])
  for (const [id, { Properties }] of resourcesOf(assembly.hotwork, 'AWS::Lambda::EventSourceMapping')) {
    const { Ref } = Properties['FunctionName'] as { Ref: string }
    expect([id, waitsFor(id, Resources)]).toEqual([id, rightsOf(Resources[Ref] as Resource)])
  }

  /** @param waiting the function itself, which cannot wait for rights on it */
  function rightsOf(made: Resource, waiting = '') {
    const role = roleOf(made)
    const policy = apart.get(role)
    const isOfItself = waiting !== '' && JSON.stringify(Resources[policy ?? ''] ?? '').includes(`"${waiting}"`)
    return expect.arrayContaining([role, ...(policy === undefined || isOfItself ? [] : [policy])])
  }
})

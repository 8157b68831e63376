import { randomUUID } from 'node:crypto'
import { CreatePolicyCommand, DeleteRoleCommand, DeleteRolePolicyCommand, IAMClient } from '@aws-sdk/client-iam'
import type { HostSimulator } from '../../../../functions/operations/agents/ports.ts'
import { HostUnseen } from '../../../../functions/operations/faults.ts'
import { IamHostSimulator } from '../../../../functions/targets/aws/iam/host-simulator.ts'
import { foreignSimulators } from '../../../../functions/targets/aws/sts/foreign-revokers.ts'
import { onBoth } from '../../../adapters/both.ts'
import { useAws } from '../../../adapters/emulator.ts'
import { type HostPolicy, MemoryHostSimulator } from '../../../support/agents/memory-host-simulator.ts'
import { documentOf, makeRole, policyFor, putPolicy } from './target-role.ts'

type Host = { simulator: HostSimulator; role: string; attach: (...policies: HostPolicy[]) => Promise<void> }

const accountId = '000000000000'
const textOf = ({ effect = 'Allow', action, resource, when }: HostPolicy) =>
  documentOf({
    ...{ Effect: effect, Action: action, Resource: resource },
    ...(when === undefined ? {} : { Condition: { StringEquals: { [when]: 'some value' } } }),
  })

/** A host's role with a path, as roles of services often have. */
async function makeHost(more: { PermissionsBoundary?: string } = {}): Promise<Omit<Host, 'simulator'>> {
  const name = `host-${randomUUID().slice(0, 8)}`
  return {
    role: await makeRole(name, { Principal: { AWS: '*' } }, { Path: '/jobs/', ...more }),
    attach: async (...policies) => {
      for (const policy of policies) await putPolicy(name, policy.name, textOf(policy))
    },
  }
}

const parameter = (name: string) => `arn:aws:ssm:us-east-1:${accountId}:parameter${name}`
const [staging, prod] = [parameter('/staging/example'), parameter('/prod/example')]
const put: HostPolicy = { name: 'wide', action: 'ssm:Put*', resource: parameter('/staging/*') }

onBoth<Host>(
  'what IAM says of a host',
  {
    memory: () => {
      const [simulator, role] = [new MemoryHostSimulator(), `arn:aws:iam::${accountId}:role/jobs/host`]
      simulator.attach(role)
      return { simulator, role, attach: async (...policies) => simulator.attach(role, ...policies) }
    },
    real: async () => ({ simulator: new IamHostSimulator(), ...(await makeHost()) }),
  },
  (make) => {
    const ask = ({ simulator, role }: Host) =>
      simulator.simulate(role, { actions: ['ssm:PutParameter', 'ssm:GetParameter'], resources: [staging, prod] })

    test('a simulation has one answer for each action on each resource, with the deciding policies', async () => {
      const host = await make()
      await host.attach(put)
      const answers = await ask(host)
      expect(answers).toHaveLength(4)
      expect(answers).toContainEqual({
        ...{ action: 'ssm:PutParameter', resource: staging, decision: 'allowed', missing: [] },
        by: ['wide (role)'],
      })
      const denied = answers.filter(({ decision }) => decision === 'denied')
      expect(denied.map(({ action, resource }) => [action, resource])).toEqual(
        expect.arrayContaining([
          ['ssm:PutParameter', prod],
          ['ssm:GetParameter', staging],
          ['ssm:GetParameter', prod],
        ]),
      )
    })

    test('a denying policy gives a denial with its name', async () => {
      const host = await make()
      await host.attach(put, { ...put, name: 'guardrail', effect: 'Deny' })
      const [answer] = (await ask(host)).filter(({ action }) => action === 'ssm:PutParameter')
      expect(answer).toMatchObject({ decision: 'denied', explicit: true, by: ['guardrail (role)'] })
    })

    test('a simulation names the condition keys that only a call has', async () => {
      const host = await make()
      await host.attach({ ...put, when: 'aws:SourceVpce' })
      const [answer] = (await ask(host)).filter(({ action }) => action === 'ssm:PutParameter')
      expect(answer).toMatchObject({ decision: 'denied', missing: ['aws:SourceVpce'] })
    })

    test('a missing role is a fault, not a denial', async () => {
      const { simulator, role } = await make()
      await expect(ask({ simulator, role: `${role}-gone`, attach: async () => {} })).rejects.toMatchObject({
        ...{ name: 'HostUnseen', why: 'no_such_role' },
      })
    })
  },
)

describe('IAM', () => {
  useAws()
  const asked = { actions: ['ssm:PutParameter'], resources: [staging] }

  test('a simulation includes the boundary of a host', async () => {
    const iam = new IAMClient({})
    const PolicyDocument = policyFor('ssm:GetParameter')
    const boundary = await iam.send(
      new CreatePolicyCommand({ PolicyName: `b-${randomUUID().slice(0, 8)}`, PolicyDocument }),
    )
    const host = await makeHost({ PermissionsBoundary: boundary.Policy?.Arn as string })
    await host.attach(put)
    expect(await new IamHostSimulator().simulate(host.role, asked)).toMatchObject([{ decision: 'denied' }])
  })

  test('a guardrail against calls without a request of Hotwork denies in a simulation', async () => {
    const host = await makeHost()
    await host.attach(put)
    const deny = {
      ...{ Effect: 'Deny', Action: 'ssm:Put*', Resource: '*' },
      Condition: { StringNotLike: { 'aws:SourceIdentity': ['req_*', 'bgl_*'] } },
    }
    await putPolicy(host.role.split('/').at(-1) as string, 'guardrail', documentOf(deny))
    expect(await new IamHostSimulator().simulate(host.role, asked)).toMatchObject([
      { decision: 'denied', missing: [], by: ['guardrail (role)'] },
    ])
  })

  test('many resources are simulated in several calls', async () => {
    const host = await makeHost()
    await host.attach(put)
    const resources = Array.from({ length: 45 }, (_, at) => parameter(`/staging/${at}`))
    const answers = await new IamHostSimulator().simulate(host.role, { ...asked, resources })
    expect(answers.map(({ resource }) => resource)).toEqual(resources)
    expect(answers.every(({ decision }) => decision === 'allowed')).toBe(true)
  })

  describe('of another account', () => {
    const accounts = { elsewhere: { partition: 'aws', region: 'us-east-1', accountId, externalId: 'given' } as const }
    /** The emulator's one account, seen from another: its simulator may ask about one host. */
    async function makeSimulator(host: string) {
      const [iam, name] = [new IAMClient({}), `s${randomUUID().slice(0, 8)}`]
      const RoleName = `${name}-simulator`
      const Condition = { StringEquals: { 'sts:ExternalId': 'given' } }
      await makeRole(RoleName, { Principal: { AWS: '*' }, Condition }, { Path: '/hotwork/' })
      await putPolicy(RoleName, 'simulate', textOf({ name: '', action: 'iam:SimulatePrincipalPolicy', resource: host }))
      const simulator = new IamHostSimulator(
        foreignSimulators({ home: '111111111111', accounts }, `hotwork/${name}-target`),
      )
      return {
        simulator,
        end: () =>
          iam
            .send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'simulate' }))
            .then(() => iam.send(new DeleteRoleCommand({ RoleName }))),
      }
    }

    test('another account is asked as its simulator, which may ask about that host alone', async () => {
      const [host, other] = [await makeHost(), await makeHost()]
      await host.attach(put)
      const { simulator } = await makeSimulator(host.role)
      expect(await simulator.simulate(host.role, asked)).toMatchObject([{ decision: 'allowed' }])
      await expect(simulator.simulate(other.role, asked)).rejects.toMatchObject({ why: 'not_permitted' })
    })

    test('an account without a simulator is unseen', async () => {
      const host = await makeHost()
      const { simulator, end } = await makeSimulator(host.role)
      await end()
      await expect(simulator.simulate(host.role, asked)).rejects.toBeInstanceOf(HostUnseen)
    })

    test('an account outside the deployment is unseen', async () => {
      const { simulator } = await makeSimulator('*')
      const away = 'arn:aws:iam::333333333333:role/x'
      await expect(simulator.simulate(away, asked)).rejects.toMatchObject({ why: 'not_permitted' })
    })
  })
})

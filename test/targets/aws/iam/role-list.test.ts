import { randomUUID } from 'node:crypto'
import { IamRoleList } from '../../../../functions/targets/aws/iam/role-list.ts'
import { readTrust, trusts } from '../../../../functions/targets/aws/iam/trust-policy.ts'
import { useAws } from '../../../adapters/emulator.ts'
import { makeRole } from './target-role.ts'

/** The list of an account's roles with their trust policies. */

useAws()
const accountId = '000000000000'

test('the list of roles has each role with its path, and a trust policy that can be read', async () => {
  const name = `runner-${randomUUID().slice(0, 8)}`
  const provider = `arn:aws:iam::${accountId}:oidc-provider/token.actions.githubusercontent.com`
  const arn = await makeRole(
    name,
    {
      Principal: { Federated: provider },
      Action: ['sts:AssumeRoleWithWebIdentity'],
      Condition: { StringLike: { 'token.actions.githubusercontent.com:sub': 'repo:example-org/checkout:*' } },
    },
    { Path: '/ci/' },
  )
  const roles = await new IamRoleList().roles({ partition: 'aws', accountId })
  const found = roles.find((each) => each.arn === arn)
  expect(arn).toContain(':role/ci/')
  const caller = (repository: string) => ({
    ...{ kind: 'Federated' as const, issuer: 'token.actions.githubusercontent.com', possible: [] },
    subjects: [`repo:example-org/${repository}:*`],
  })
  expect(trusts(readTrust(found?.trust ?? ''), caller('checkout'))).toBe('yes')
  expect(trusts(readTrust(found?.trust ?? ''), caller('other'))).toBe('no')
})

test('an account that gives no list is unseen with the reason', async () => {
  const refused = () => async () => {
    throw Object.assign(new Error('no'), { name: 'AccessDenied' })
  }
  const list = new IamRoleList(refused as never)
  await expect(list.roles({ partition: 'aws', accountId })).rejects.toMatchObject({ why: 'not_permitted' })
})

test('the boundary of a role is its ARN, null without one, and a role that is gone has the reason', async () => {
  const list = new IamRoleList()
  const trust = { Principal: { Service: 'ec2.amazonaws.com' }, Action: ['sts:AssumeRole'] }
  const name = `bounded-${randomUUID().slice(0, 8)}`
  const boundary = 'arn:aws:iam::aws:policy/ReadOnlyAccess'
  const bounded = await makeRole(name, trust, { PermissionsBoundary: boundary })
  const free = await makeRole(`${name}-free`, trust)
  expect([await list.boundary(free), await list.boundary(bounded)]).toEqual([null, boundary])
  await expect(list.boundary(`${bounded}-gone`)).rejects.toMatchObject({ why: 'no_such_role' })
})

import type { RolesLooked } from '../../../functions/domain/agents/unknown-roles.ts'
import { submittedAt } from '../../support/ask.ts'
import { onBothStores } from './stores.ts'

onBothStores('roles of agent platforms', (stores) => {
  const account = '111122223333'
  const roles: RolesLooked['roles'] = [{ arn: `arn:aws:iam::${account}:role/release`, platforms: ['github'] }]
  const looked = (at: number): RolesLooked => ({ at, roles, more: 2, failed: { why: 'throttled', rolesOf: at - 5 } })

  test('an account that was never looked at is left out, and the newest look of another is kept', async () => {
    expect(await stores.rows.platformRoles([account])).toEqual(new Map())
    expect(await stores.rows.savePlatformRoles(account, looked(submittedAt))).toBe(true)
    expect(await stores.rows.savePlatformRoles(account, looked(submittedAt - 1))).toBe(false)
    expect(await stores.rows.platformRoles([account, '000000000000'])).toEqual(
      new Map([[account, looked(submittedAt)]]),
    )
  })
})

import { revokeRequest } from '../../../functions/operations/requests/end-request.ts'
import { person, prodParameter, World } from '../../support/world.ts'

test('an agent that claims at each attempt to revoke its grant is out of claims before the person is out of patience', async () => {
  const world = new World()
  const request = await world.approved(prodParameter)
  const commit = world.requests.commit.bind(world.requests)
  let claims = 0
  world.requests.commit = async (change) => {
    if (change.state.status === 'revoked') {
      const issued = await world.issueToken(request)
      claims += issued.ok ? 1 : 0
    }
    return commit(change)
  }
  const click = () =>
    revokeRequest({ id: request.ask.id, person: person('gus'), reason: 'enough' }, world.ports).catch(
      ({ name }: Error) => ({ ok: false, code: name }),
    )
  const clicks: boolean[] = []
  while (!clicks.includes(true) && clicks.length < 10) clicks.push((await click()).ok)
  // A click gives up after sixty attempts; a hundred claims, and twenty refusals that are recorded, can come before one.
  expect(clicks).toEqual([false, false, true])
  expect(claims).toBe(100)
})

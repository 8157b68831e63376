import { listRequests } from '../../../functions/operations/requests/read-requests.ts'
import { person, prodParameter, sampleBundle } from '../../support/world.ts'
import { Night } from '../break-glass/night.ts'

test('an opening is not listed among what agents ask for', async () => {
  const night = new Night(sampleBundle())
  const { ask } = await night.submitted(prodParameter)
  await night.opened('jade')
  for (const filter of [{}, { owner: person('jade') }, { status: 'approved' as const }]) {
    const listed = await listRequests({ person: person('ana'), filter }, night.ports)
    const ids = listed.ok ? listed.value.items.map((each) => each.ask.id) : []
    expect(ids).toEqual('owner' in filter || 'status' in filter ? [] : [ask.id])
  }
})

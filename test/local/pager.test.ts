import { HttpIncidents } from '../../functions/adapters/incident-service/http-incidents.ts'
import { JmesPathExpressions } from '../../functions/adapters/jmespath/expressions.ts'
import { PagerDutySchedules } from '../../functions/adapters/pagerduty/schedules.ts'
import { startPager } from '../../local/pager.ts'

test('the local PagerDuty tells the person on call and the others of the schedule, to the holder of its token alone', async () => {
  const pager = await startPager({ schedules: ['PONCALL'], users: ['PJADE01', 'PKOFI01'] })
  try {
    const schedule = { schedule: 'PONCALL', level: 1 }
    const asked = (token: string) => new PagerDutySchedules({ url: pager.url, token: async () => token })
    const now = Math.floor(Date.now() / 1000)
    const shifts = await asked(pager.token).onCall(schedule, { since: now, until: now + 900 })
    expect(shifts.map(({ user }) => user)).toEqual(['PJADE01'])
    expect(await asked(pager.token).users(schedule)).toEqual(['PJADE01', 'PKOFI01'])
    await expect(asked('other').users(schedule)).rejects.toThrow('status 401')
  } finally {
    await pager.close()
  }
})

test('the local PagerDuty knows incidents by the form of the sample, and answers the holder of its token alone', async () => {
  const pager = await startPager({ schedules: [], users: [] })
  try {
    const look = (task: string, header: string) =>
      new HttpIncidents({
        url: `${pager.url}/incidents/{incident}`,
        authorization: async () => header,
        expressions: new JmesPathExpressions(),
        show: { title: 'incident.title', status: 'incident.status' },
      }).read(task)
    const incident = { title: 'Incident INC-4827', status: 'open' }
    expect(await look('INC-4827', pager.authorization)).toEqual({ answer: 'known', incident })
    for (const other of ['REL-7', 'INC-', 'INC-1/notes', 'inc-1'])
      expect(await look(other, pager.authorization)).toEqual({ answer: 'unknown' })
    expect(await look('INC-4827', 'Token token=other')).toEqual({ answer: 'unreachable' })
  } finally {
    await pager.close()
  }
})

import { PagerDutySchedules } from '../../functions/adapters/pagerduty/schedules.ts'
import { startPager } from '../../infra/local/pager.ts'

test('the local PagerDuty tells who is on call and who else is in the schedule, to the holder of its token alone', async () => {
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

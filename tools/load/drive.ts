import { setTimeout as pause } from 'node:timers/promises'
import type { Local } from '../../local/local-file.ts'
import type { Life, Lives } from './lives.ts'
import type { Options } from './options.ts'
import { type QueueSeen, QueueWatch } from './watch.ts'

/** Counts of one second. `age` is that of the queue that has not been empty for the longest. */
export type Sample = {
  at: number
  arrived: number
  answered: number
  ended: number
  inFlight: number
  waiting: number
  messages: number
  age: number
}
export type Run = {
  samples: readonly Sample[]
  /** Milliseconds since 1970. */
  began: number
  /** The end of the last agent's life. */
  livesEnded: number
  /** The time at which every queue stayed empty, or undefined if that came too late. */
  emptied: number | undefined
  /** The dead-letter queues that are not empty. */
  dead: readonly QueueSeen[]
}

/** Looks in a row that must find every queue empty. */
const calm = 3

/** Starts every life by the clock, whether or not earlier ones have ended, and waits until all queues are empty. */
export async function drive(lives: readonly Life[], world: Lives, local: Local, options: Options): Promise<Run> {
  const { minutes, drain } = options
  const watch = new QueueWatch(local)
  const samples: Sample[] = []
  const began = Date.now()
  const deadline = began + (minutes + drain) * 60_000
  let started = 0
  let livesEnded: number | undefined
  let empty = 0
  const running = (async () => {
    const works: Promise<void>[] = []
    for (const life of lives) {
      const early = began + life.at - Date.now()
      if (early > 0) await pause(early)
      started += 1
      works.push(world.live(life))
    }
    await Promise.all(works)
    livesEnded = Date.now()
  })()

  let told = 0
  while (Date.now() < deadline && (livesEnded === undefined || empty < calm)) {
    const next = pause(1_000)
    const queues = await watch.look().catch(() => undefined)
    const count = (wanted: (life: Life) => unknown) => lives.filter(wanted).length
    const answered = count(({ answeredAt }) => answeredAt)
    const ended = count(({ endedAt }) => endedAt)
    const working = queues?.filter(({ dead }) => !dead) ?? []
    const messages = working.reduce((sum, each) => sum + each.messages, 0)
    empty = queues && messages === 0 ? empty + 1 : 0
    const age = Math.max(0, ...working.map((each) => each.age))
    const at = (Date.now() - began) / 1000
    samples.push({
      at,
      arrived: started,
      answered,
      ended,
      inFlight: started - ended,
      waiting: world.waiting,
      messages,
      age,
    })
    if (at - told >= 10) {
      told = at
      const busiest = working.toSorted((one, other) => other.messages - one.messages)[0]
      const said = [
        `${Math.round(at)} s: ${started} of ${lives.length} arrived, ${answered} answered, ${ended} ended`,
        `${world.waiting} wait for the machine`,
        `${messages} messages in queues${busiest?.messages ? `, ${busiest.messages} of them in ${busiest.name}` : ''}`,
        `${world.retries} asked again, ${world.throttled} told to wait`,
      ]
      process.stdout.write(`${said.join('; ')}\n`)
    }
    await next
  }
  await Promise.race([running, pause(Math.max(0, deadline - Date.now()))])
  const dead = (await watch.look()).filter((queue) => queue.dead)
  watch.close()
  const rested = empty >= calm ? Date.now() - calm * 1000 : undefined
  return { samples, began, livesEnded: livesEnded ?? Date.now(), emptied: rested, dead }
}

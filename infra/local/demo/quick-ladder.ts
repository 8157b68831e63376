import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const sample = join(import.meta.dirname, '../../../policies')

/** How long the first people of a stage have, and then the wider circle: minutes in the sample, which nobody waits for. */
const quick = { deadline: 'PT8S', onSilence: 'PT30S' }

type Stage = { deadline: string; onSilence: 'expire' | { escalateTo: string; deadline: string }; remind?: object }
type Ladder = { tiers: { stages: Stage[] }[] }

/**
 * The sample's policies in a folder of their own, with seconds instead of minutes for people to answer, and nothing else
 * changed: a stage that nobody answers can then be watched.
 */
export function quickPolicies(folder: string): string {
  rmSync(folder, { recursive: true, force: true })
  cpSync(sample, folder, { recursive: true })
  const file = join(folder, 'ladder.json')
  const ladder = JSON.parse(readFileSync(file, 'utf8')) as Ladder
  const tiers = ladder.tiers.map((tier) => ({ ...tier, stages: tier.stages.map(hurry) }))
  writeFileSync(file, JSON.stringify({ ...ladder, tiers }, null, 2))
  return folder
}

/** Reminders would come after the end. */
const hurry = ({ remind: _, ...stage }: Stage): Stage => ({
  ...stage,
  deadline: quick.deadline,
  onSilence: stage.onSilence === 'expire' ? 'expire' : { ...stage.onSilence, deadline: quick.onSilence },
})

// Rules: test/policies/bad-folder.test.ts
import { latestFirstDate, mostDays } from '../../domain/agents/agent-problems.ts'
import { nothingGoverned } from '../../domain/agents/governed-registry.ts'
import { registryProblems } from '../../domain/agents/registry-problems.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import { type Problem, problemsIn } from './json-document.ts'
import type { Folder } from './read-folder.ts'

/**
 * Checks terms that an older folder may lack: it does not build without them, but can be compared with a folder that
 * has them.
 * @param now the time of the build. Seconds
 */
export const checkAgentTerms = (folder: Folder, now: number): Problem[] =>
  problemsIn(folder.agents.document, (say) => {
    const latest = latestFirstDate(now)
    for (const [at, { id, recertifyBy }] of folder.agents.value.agents.entries())
      if (recertifyBy > latest)
        say(
          ['agents', at, 'recertifyBy'],
          `\`${id}\` would not be recertified within ${mostDays} days of this build`,
          `write ${dateOf(latest)} or an earlier day: a recertification on record counts from there on, and needs no change here`,
        )
    const channels = Object.keys(folder.deployment.value.channels)
    if (channels.length > 1 && folder.agents.value.tell === undefined)
      say(
        ['agents'],
        `no channel is named in which a suspension is told, and the deployment has ${channels.length}`,
        `write \`"tell": { "channel": "${channels[0]}" }\` beside \`agents\`, with the channel that is for it`,
      )
  })

const dateOf = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10)

/** Checks the pulled registry with the folder as one. Agents that were retired in it may have left the folder. */
export function checkRegistry({ registry }: Folder, files: Bundle, now: number): Problem[] {
  if (!registry) return []
  const { value, document } = registry
  const fix = 'move the agent to agents.json, or change it in the registry and run `hotwork policy pull` again'
  return registryProblems(files, value, now, { ...nothingGoverned, retired: value.retired }).map((message) => {
    const at = value.agents.findIndex(({ id }) => message.startsWith(`\`${id}\``))
    return document.report(at < 0 ? ['agents'] : ['agents', at], message, fix)
  })
}

// Rules: test/policies/bad-folder.test.ts
import { latestFirstDate, usualAtMost } from '../../domain/agents/agent-problems.ts'
import { nothingGoverned } from '../../domain/agents/governed-registry.ts'
import { formerProblems, registryProblems } from '../../domain/agents/registry-problems.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import { dayOf } from '../../domain/values.ts'
import type { Path, Say } from '../../domain/what-is-wrong.ts'
import { type Problem, problemsIn } from './json-document.ts'
import type { Folder } from './read-folder.ts'

/**
 * Checks terms that an older folder may lack. Such a folder does not build, but can be compared.
 * @param now the time of the build. Seconds
 */
export const checkAgentTerms = (folder: Folder, now: number): Problem[] => [
  ...checkDates(folder, now),
  ...problemsIn(folder.agents.document, (say) => {
    const channels = Object.keys(folder.deployment.value.channels)
    if (channels.length > 1 && folder.agents.value.tell === undefined)
      say(
        ['agents'],
        `no channel is named in which a suspension is told, and the deployment has ${channels.length}`,
        `write \`"tell": { "channel": "${channels[0]}" }\` beside \`agents\`, with the channel that is for it`,
      )
  }),
]

/**
 * Checks that each agent, person, group, sealed role and profile must be recertified within the time in agents.json.
 */
function checkDates({ agents, directory, deployment, breakGlass }: Folder, now: number): Problem[] {
  const atMost = agents.value.recertifyAtMost ?? usualAtMost
  const latest = latestFirstDate(now, { recertifyAtMost: atMost })
  const check = (say: Say, path: Path, name: string, date: number | undefined) => {
    if (date !== undefined && date > latest)
      say(
        path,
        `\`${name}\` would not be recertified within ${atMost / 86_400} days of this build`,
        `write ${dayOf(latest)} or an earlier day: a recertification on record counts from there on, and needs no change here`,
      )
  }
  return [
    ...problemsIn(agents.document, (say) => {
      for (const [at, { id, recertifyBy }] of agents.value.agents.entries())
        check(say, ['agents', at, 'recertifyBy'], id, recertifyBy)
    }),
    ...problemsIn(directory.document, (say) => {
      for (const [at, { id, recertifyBy }] of directory.value.people.entries())
        check(say, ['people', at, 'recertifyBy'], id, recertifyBy)
      for (const [group, date] of Object.entries(directory.value.recertifyGroups ?? {}))
        check(say, ['recertifyGroups', group], group, date)
    }),
    ...problemsIn(deployment.document, (say) => {
      for (const [alias, { sealed }] of Object.entries(deployment.value.accounts))
        check(say, ['accounts', alias, 'sealed', 'recertifyBy'], alias, sealed?.recertifyBy)
    }),
    ...(breakGlass
      ? problemsIn(breakGlass.document, (say) => {
          for (const [at, { name, recertifyBy }] of breakGlass.value.profiles.entries())
            check(say, ['profiles', at, 'recertifyBy'], name, recertifyBy)
        })
      : []),
  ]
}

/** Checks the pulled registry together with the folder. Agents retired in it may have left the folder. */
export function checkRegistry({ registry }: Folder, files: Bundle, now: number): Problem[] {
  if (!registry) return []
  const { value, document } = registry
  const fix = 'move the agent to agents.json, or change it in the registry and run `hotwork policy pull` again'
  const told = registryProblems(files, value, now, { ...nothingGoverned, retired: value.retired }).map((message) => {
    const at = value.agents.findIndex(({ id }) => message.startsWith(`\`${id}\``))
    return document.report(at < 0 ? ['agents'] : ['agents', at], message, fix)
  })
  const had = formerProblems(files, value, now).map(({ holder, problem }) => {
    const at = value.former.findIndex(({ agent }) => problem.includes(`is \`${agent}\` already`))
    return document.report(
      ['former', at],
      problem,
      `give \`${holder}\` an identity that no other party had within a year`,
    )
  })
  return [...told, ...had]
}

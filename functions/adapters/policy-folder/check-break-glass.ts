// Rules: test/policies/bad-folder.test.ts
import type { BreakGlassPolicy, Profile } from '../../domain/break-glass/break-glass.ts'
import { filled } from '../../domain/break-glass/rights.ts'
import { accountOf, ownClassification, reachesOurselves } from '../../domain/policy/bundle.ts'
import { hasTopLevelAlternative, resourcesOverlap, textWithin } from '../../domain/policy/patterns.ts'
import type { OpenRight } from '../../domain/record/opening.ts'
import { known, type Path, type Say } from '../../domain/what-is-wrong.ts'
import { rightsStatements } from '../../targets/aws/rules/rights.ts'
import { sessionPolicy, sessionPolicyLimit } from '../../targets/aws/rules/session-policy.ts'
import { partiesIn } from './check-references.ts'
import { mustBeIn, type Problem, problemsIn } from './json-document.ts'
import type { Folder } from './read-folder.ts'

/** Checks that profiles open existing resources, are bounded, and exclude Hotwork's own. */
export function checkBreakGlass(folder: Folder): Problem[] {
  const { breakGlass } = folder
  if (!breakGlass) return []
  const { value, document } = breakGlass
  return problemsIn(document, (say) => {
    checkIncident(value, say)
    checkTerms(value.action, value.budgetOfPerson, ['action'], folder, say)
    value.profiles.forEach((profile, at) => {
      checkTerms(profile, value.budgetOfPerson, ['profiles', at], folder, say)
      checkProfile(profile, ['profiles', at], folder, say)
    })
    checkApart(value.profiles, say)
  })
}

function checkTerms(
  { window, budget, tell }: BreakGlassPolicy['action'],
  budgetOfPerson: number,
  path: Path,
  folder: Folder,
  say: Say,
): void {
  if (window > budget)
    say([...path, 'budget'], 'the budget of seven days is less than one window', 'make it at least the window')
  if (window > budgetOfPerson)
    say(['budgetOfPerson'], 'one person may open less in seven days than one window', 'make it at least the window')
  const isChannel = mustBeIn(Object.keys(folder.deployment.value.channels), say)
  isChannel([...path, 'tell', 'channel'], tell.channel, `channel \`${tell.channel}\` is not in the deployment`)
  const isParty = mustBeIn(partiesIn(folder).all, say)
  for (const [at, name] of (tell.people ?? []).entries())
    isParty([...path, 'tell', 'people', at], name, `\`${name}\` is not in directory.json`)
}

function checkIncident({ incident: pattern, incidentExample: example }: BreakGlassPolicy, say: Say): void {
  try {
    if (example !== undefined && !new RegExp(pattern).test(example))
      say(['incidentExample'], `\`${example}\` does not match \`${pattern}\``, 'give one that `incident` takes')
  } catch {
    say(['incident'], `\`${pattern}\` is not a regular expression`, 'write one such as `^INC-[0-9]{1,12}$`')
  }
  if (!pattern.startsWith('^') || !/(^|[^\\])(\\\\)*\$$/.test(pattern) || hasTopLevelAlternative(pattern))
    say(
      ['incident'],
      '`incident` is not anchored, so anything that holds one would do',
      'begin it with `^` and end it with `$`, and put what may be one or another between brackets',
    )
  // Nested quantifiers can take exponential time on crafted text.
  if (/\([^)]*[*+}][^)]*\)[*+{]/.test(pattern))
    say(['incident'], '`incident` repeats what repeats', 'write it without a repeated group')
}

function checkProfile(profile: Profile, path: Path, folder: Folder, say: Say): void {
  const isGroup = mustBeIn(Object.keys(folder.directory.value.groups), say)
  isGroup([...path, 'group'], profile.group, `group \`${profile.group}\` is not in directory.json`)
  if (profile.classification === ownClassification)
    say([...path, 'classification'], 'that is Hotwork itself, which break-glass never opens', 'take it out')
  const accounts = new Set<string | undefined>()
  profile.rights.forEach((right, at) => {
    accounts.add(checkRight(right, [...path, 'rights', at], folder, say))
    checkFacts(profile, right, [...path, 'rights', at], folder, say)
  })
  if (accounts.size > 1)
    say([...path, 'rights'], 'its actions happen in several accounts', 'make a profile for each account')
  const [alias] = accounts
  const account = alias === undefined ? undefined : folder.deployment.value.accounts[alias]
  const actions = Object.fromEntries(folder.actions.map(({ value }) => [value.name, value]))
  const statements = account && rightsStatements(profile.rights, actions, account)
  if (statements && sessionPolicy(statements, 0, { drill: true }).length > sessionPolicyLimit)
    say([...path, 'rights'], `its session policy would be over ${sessionPolicyLimit} characters`, 'split the profile')
}

function checkRight({ action, resources }: OpenRight, path: Path, folder: Folder, say: Say): string | undefined {
  const entry = folder.actions.find(({ value }) => value.name === action)?.value
  if (!entry) {
    const names = folder.actions.map(({ value }) => value.name)
    say([...path, 'action'], `\`${action}\` is not in the catalogue`, known(names))
    return undefined
  }
  if (entry.credential !== 'sts' || !entry.statement)
    say([...path, 'action'], `\`${action}\` gives no AWS credentials`, 'name actions whose `credential` is `sts`')
  resources.forEach((pattern, at) => {
    const here = [...path, 'resources', at]
    if (!/^arn:\{partition\}:[a-z0-9-]+:(\{region\})?:(\{account\})?:[^*?${}]{3,}\*?$/.test(pattern))
      say(
        here,
        `\`${pattern}\` is not a pattern of resources`,
        'write `arn:{partition}:service:{region}:{account}:...`, with `*` at its end alone',
      )
    else if (!entry.statement?.resources.some((template) => resourcesOverlap(template, pattern)))
      say(here, `\`${action}\` never acts on \`${pattern}\``, 'see `statement.resources` of the action')
    if (reachesOurselves(pattern, folder.resources.value.resources))
      say(here, `\`${pattern}\` reaches what Hotwork itself is made of`, 'break-glass never opens that: take it out')
  })
  return entry.account
}

/**
 * Checks that the facts of a profile match those of resources.json. People are asked about the profile's facts, so a wide
 * pattern would open a restricted table as an internal one.
 */
function checkFacts(profile: Profile, { action, resources }: OpenRight, path: Path, folder: Folder, say: Say): void {
  const entry = folder.actions.find(({ value }) => value.name === action)?.value
  const account = entry && accountOf({ deployment: folder.deployment.value }, entry)
  if (!entry || !account) return
  const rules = folder.resources.value.resources.filter(({ type }) => type === entry.resource.type)
  const ids = rules.map(({ id }) => id)
  const said = factsIn(profile)
  resources.forEach((pattern, at) => {
    const here = [...path, 'resources', at]
    const opened = filled(pattern, account)
    // Arguments contain no `:`, so a resource has as many as its template. IAM's `*` matches `:` too.
    const more = [entry.resource.id, ...(entry.statement?.resources ?? [])]
      .filter((template) => resourcesOverlap(template, opened))
      .map((template) => colonsIn(template) - colonsIn(opened))
    const never = `${opened}${':*'.repeat(Math.max(0, ...more) + 1)}`
    rules.forEach((rule, before) => {
      // The first matching rule counts, so earlier rules' names are excluded.
      const one = factsIn(rule) === said ? undefined : textWithin([opened, rule.id], [never, ...ids.slice(0, before)])
      if (one !== undefined)
        say(
          here,
          `it opens \`${one}\` as ${said}, and resources.json says that it is ${factsIn(rule)}`,
          'name resources of one kind alone, and say of them what resources.json says',
        )
    })
    const unknown = textWithin([opened], [never, ...ids])
    if (unknown !== undefined)
      say(here, `it opens \`${unknown}\`, of which resources.json knows nothing`, 'add a rule for it, or open less')
  })
}

const colonsIn = (text: string): number => text.split(':').length - 1

const factsIn = ({ environment, classification, group }: Pick<Profile, 'environment' | 'classification' | 'group'>) =>
  `\`${environment}\`, \`${classification}\`, of \`${group}\``

/** Two profiles for one resource would be two budgets for it. */
function checkApart(profiles: readonly Profile[], say: Say): void {
  profiles.forEach(({ name, rights }, at) => {
    for (const other of profiles.slice(0, at)) {
      if (other.name === name) say(['profiles', at, 'name'], `profile \`${name}\` is here twice`, 'rename one')
      const shared = rights.find((right) =>
        other.rights.some(
          (each) =>
            each.action === right.action &&
            each.resources.some((one) => right.resources.some((another) => resourcesOverlap(one, another))),
        ),
      )
      if (shared)
        say(
          ['profiles', at, 'rights'],
          `\`${shared.action}\` is opened by profile \`${other.name}\` on the same resources, which would be two budgets for them`,
          'leave it in one of them',
        )
    }
  })
}

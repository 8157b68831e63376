import { createEmulator } from 'emulate'

// A Slack that is not ours, in a process of its own (it is ESM alone, and jest is not): prints where it is.
const [port = '0', seed = '{}'] = process.argv.slice(2)
const { url } = await createEmulator({ service: 'slack', port: Number(port), seed: JSON.parse(seed) })
process.stdout.write(`${JSON.stringify({ url })}\n`)

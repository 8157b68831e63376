import { createEmulator } from 'emulate'

// Runs `emulate` in a process of its own, because it is ESM-only and jest is not, and prints its address.
const [port = '0', seed = '{}'] = process.argv.slice(2)
const { url } = await createEmulator({ service: 'slack', port: Number(port), seed: JSON.parse(seed) })
process.stdout.write(`${JSON.stringify({ url })}\n`)

import { useScene } from '../../client/support/scene.ts'
import { drive } from './drivers/langchain.ts'
import { tellStories } from './stories.ts'

const scene = useScene()
tellStories('langchain', drive, scene)

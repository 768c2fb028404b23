import { existsSync } from 'node:fs'

/** The environment in which a process finds SwiftShader, Vulkan in software, as Debian's chromium package has it. */
export const SWIFTSHADER = {
  LD_LIBRARY_PATH: '/usr/lib/chromium',
  VK_ICD_FILENAMES: '/usr/lib/chromium/vk_swiftshader_icd.json',
}

/** Whether it is installed; tests that need it are skipped loudly otherwise. */
export const hasSwiftShader = process.platform === 'linux' && existsSync(SWIFTSHADER.VK_ICD_FILENAMES)
if (!hasSwiftShader) console.warn('SKIPPED: tests of WebGPU in Node, for there is no SwiftShader')

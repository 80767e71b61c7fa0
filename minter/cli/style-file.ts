import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { float32Of, float32Tensor, readSafetensors, type Styles, writeSafetensors } from '../../gan/index.ts'
import type { Hex } from '../domain/digest.ts'
import { ConfigInvalid } from '../errors.ts'
import { writeWhole } from './report-files.ts'

const TENSOR = 'w'

/**
 * Writes styles as a .safetensors file with one tensor `w`, [1, layers, wDim], as the official tools keep them.
 *
 * @param model digest of the bundle that they belong to
 */
export function writeStyles(file: string, styles: Styles, layers: number, model: Hex): string {
  const tensor = float32Tensor(TENSOR, [1, layers, styles.length / layers], styles)
  return writeWhole(dirname(file), basename(file), writeSafetensors([tensor], { model }))
}

/**
 * Reads what `writeStyles` wrote, or anyone's [layers, wDim] or [1, layers, wDim] under that name.
 *
 * @throws {ConfigInvalid} when there is no such file, or it belongs to another model
 * @throws {BundleInvalid} when it is damaged
 */
export function readStyles(file: string, layers: number, wDim: number, model: Hex): Styles {
  if (!existsSync(file)) throw new ConfigInvalid('there is no such file of styles', file)
  const { tensors, metadata } = readSafetensors(new Uint8Array(readFileSync(file)))
  const tensor = tensors.get(TENSOR)
  if (tensor === undefined) throw new ConfigInvalid(`it has no tensor "${TENSOR}"`, file)
  const shape = tensor.shape.length === 3 && tensor.shape[0] === 1 ? tensor.shape.slice(1) : tensor.shape
  if (shape.length !== 2 || shape[0] !== layers || shape[1] !== wDim) {
    throw new ConfigInvalid(
      `"${TENSOR}" has shape [${tensor.shape.join(', ')}], expected [1, ${layers}, ${wDim}]`,
      file,
    )
  }
  const made = metadata['model']
  if (made !== undefined && made !== model) {
    throw new ConfigInvalid(`its styles belong to the model ${made}, and this one is ${model}`, file)
  }
  const styles = float32Of(tensor)
  if (!styles.every((value) => Number.isFinite(value))) throw new ConfigInvalid('it holds a number that is none', file)
  return styles
}

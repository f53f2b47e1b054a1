/**
 * Hard swish in the form that ONNX Runtime knows, so that it becomes part of the convolution before it.
 *
 * Older exports spell x · min(max(x + 3, 0), 6) / 6 out in four nodes, each of which goes through the whole picture in
 * memory and brings it out of the layout that convolutions like. As x · HardSigmoid(x) ONNX Runtime fuses it.
 */
import { makeNode, type OnnxGraph, type OnnxNode, readOnnx } from './onnx-file.js';

/** The same model, or `file` itself where there is nothing to rewrite. Values differ by rounding alone. */
export function fuseHardSwish(file: Uint8Array): Uint8Array {
  const graph = readOnnx(file);
  const consumers = consumersOf(graph);
  const only = (name: string | undefined, operator: string): OnnxNode | undefined => {
    const [consumer, ...others] = consumers.get(name as string) ?? [];
    return others.length === 0 && consumer?.operator === operator ? consumer : undefined;
  };
  const isScalar = (name: string | undefined, value: number) => name !== undefined && graph.scalar(name) === value;

  const dropped = new Set<OnnxNode>();
  const replaced = new Map<OnnxNode, readonly OnnxNode[]>();
  for (const shift of graph.nodes) {
    if (shift.operator !== 'Add' || !isScalar(shift.inputs[1], 3)) continue;
    const clip = only(shift.outputs[0], 'Clip');
    const product = only(clip?.outputs[0], 'Mul');
    const division = only(product?.outputs[0], 'Div');
    const [x] = shift.inputs as [string, string];
    const isHardSwish =
      isScalar(clip?.inputs[1], 0) &&
      isScalar(clip?.inputs[2], 6) &&
      product?.inputs.includes(x) &&
      isScalar(division?.inputs[1], 6);
    if (!isHardSwish || !clip || !product || !division) continue;
    for (const node of [shift, clip, product]) dropped.add(node);
    const gate = clip.outputs as [string];
    replaced.set(division, [
      makeNode({ operator: 'HardSigmoid', inputs: [x], outputs: gate, attributes: { alpha: 1 / 6, beta: 0.5 } }),
      makeNode({ operator: 'Mul', inputs: [x, ...gate], outputs: division.outputs }),
    ]);
  }
  if (replaced.size === 0) return file;
  return graph.rewrite(graph.nodes.flatMap((node) => replaced.get(node) ?? (dropped.has(node) ? [] : [node])));
}

function consumersOf({ nodes }: OnnxGraph): ReadonlyMap<string, readonly OnnxNode[]> {
  const consumers = new Map<string, OnnxNode[]>();
  for (const node of nodes) {
    for (const name of node.inputs) {
      const list = consumers.get(name) ?? [];
      list.push(node);
      consumers.set(name, list);
    }
  }
  return consumers;
}

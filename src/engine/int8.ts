/**
 * Products of a model in bytes: weights of eight bits, a scale for each output; inputs of eight bits, scaled by the
 * range that they turn out to have. Sums stay exact, and what comes out is float32 again.
 *
 * That is several times as fast as float32 where the processor multiplies and adds bytes in one instruction, and nowhere
 * else. It costs some exactness: what the rounding of the weights does to the mean of an output is known beforehand
 * and taken off again, for which the means of the inputs have to be.
 */
import { makeNode, type OnnxGraph, type OnnxNode, type OnnxTensor, readOnnx } from './onnx-file.js';

/**
 * The products to be made in bytes: names of the nodes (matrix products, or convolutions of single pixels, one by one),
 * and the mean of each of their input channels.
 */
export type Int8Layers = Readonly<Record<string, Float32Array>>;

const LARGEST = 127;
const NHWC = [0, 2, 3, 1];
const NCHW = [0, 3, 1, 2];

/**
 * The same model. Convolutions become products of a matrix whose rows are pixels; ONNX Runtime takes what is transposed
 * there and back again out.
 *
 * @throws Error where a layer is not in the model, or is none of those
 */
export function toInt8(file: Uint8Array, layers: Int8Layers): Uint8Array {
  const graph = readOnnx(file);
  const initializers = new Map<string, OnnxTensor | undefined>();
  const replaced = new Map<OnnxNode, readonly OnnxNode[]>();
  for (const [name, means] of Object.entries(layers)) {
    const node = graph.nodes.find((candidate) => candidate.name === name);
    const weights = node && graph.floats(node.inputs[1] as string);
    if (node === undefined || weights === undefined) throw new Error(`The model has no layer ${name} with weights.`);
    const isConvolution = node.operator === 'Conv';
    const [inputs, outputs] = sizesOf(weights.dims, isConvolution);
    if (node.inputs.length !== 2 || inputs !== means.length || outputs === undefined) {
      throw new Error(`The layer ${name} is no product of ${means.length} channels without a bias.`);
    }
    const sum = biasAfter(graph, node, outputs);
    const { bytes, scales, shifts } = quantize(weights.data, inputs, outputs, isConvolution, means);
    const bias = sum === undefined ? shifts : shifts.map((shift, i) => shift + (sum.bias[i] as number));
    initializers.set(node.inputs[1] as string, undefined);
    initializers.set(`${name}/bytes`, { dims: [inputs, outputs], data: bytes });
    initializers.set(`${name}/scales`, { dims: [outputs], data: scales });
    initializers.set(`${name}/bias`, { dims: [outputs], data: bias });
    if (sum !== undefined) replaced.set(sum.node, []);
    replaced.set(node, productNodes(node, isConvolution, sum?.node.outputs ?? node.outputs));
  }
  return graph.rewrite(
    graph.nodes.flatMap((node) => replaced.get(node) ?? [node]),
    { initializers },
  );
}

/** Input and output channels; undefined where the layer is of another form. */
function sizesOf(dims: readonly number[], isConvolution: boolean): readonly (number | undefined)[] {
  if (!isConvolution) return dims.length === 2 ? dims : [];
  const [outputs, inputs, ...kernel] = dims;
  return kernel.every((size) => size === 1) ? [inputs, outputs] : [];
}

/** The node that adds a constant to each output channel, where there is one and nothing else takes the product. */
function biasAfter(graph: OnnxGraph, product: OnnxNode, outputs: number) {
  const [name] = product.outputs as [string];
  const consumers = graph.nodes.filter(({ inputs }) => inputs.includes(name));
  const [node] = consumers;
  if (consumers.length !== 1 || node?.operator !== 'Add') return undefined;
  const bias = graph.floats(node.inputs.find((input) => input !== name) as string)?.data;
  return bias?.length === outputs ? { node, bias } : undefined;
}

function productNodes(node: OnnxNode, isConvolution: boolean, outputs: readonly string[]): readonly OnnxNode[] {
  const [input] = node.inputs as [string];
  const product = (from: string, to: string) =>
    makeNode({
      operator: 'DynamicQuantizeMatMul',
      domain: 'com.microsoft',
      inputs: [from, `${node.name}/bytes`, `${node.name}/scales`, '', `${node.name}/bias`],
      outputs: [to],
    });
  if (!isConvolution) return [product(input, outputs[0] as string)];
  const [pixels, channels] = [`${node.name}/pixels`, `${node.name}/channels`];
  return [
    makeNode({ operator: 'Transpose', inputs: [input], outputs: [pixels], attributes: { perm: NHWC } }),
    product(pixels, channels),
    makeNode({ operator: 'Transpose', inputs: [channels], outputs, attributes: { perm: NCHW } }),
  ];
}

/**
 * Weights as a matrix of inputs × outputs. `shifts` is what the outputs are to be shifted by, so that rounding leaves
 * their means as they were. Row by row: the largest are tens of megabytes, and a start waits for them.
 */
function quantize(
  weights: Float32Array,
  inputs: number,
  outputs: number,
  outputsFirst: boolean,
  means: Float32Array,
): { bytes: Int8Array; scales: Float32Array; shifts: Float32Array } {
  const matrix = outputsFirst ? transpose(weights, outputs, inputs) : weights;
  const scales = largestOfColumns(matrix, outputs).map((largest) => largest / LARGEST);
  // All of an output's weights may be 0.
  const steps = scales.map((scale) => scale || 1);
  const bytes = new Int8Array(matrix.length);
  const shifts = new Float64Array(outputs);
  for (let input = 0, i = 0; input < inputs; input++) {
    const mean = means[input] as number;
    for (let output = 0; output < outputs; output++, i++) {
      const weight = matrix[i] as number;
      const step = steps[output] as number;
      // As Math.round, which takes V8 four times as long.
      const byte = Math.floor(weight / step + 0.5);
      bytes[i] = byte;
      shifts[output] = (shifts[output] as number) + mean * (weight - byte * step);
    }
  }
  return { bytes, scales, shifts: Float32Array.from(shifts) };
}

/** Of their magnitudes. */
function largestOfColumns(matrix: Float32Array, columns: number): Float32Array {
  const largest = new Float32Array(columns);
  for (let i = 0; i < matrix.length; ) {
    for (let column = 0; column < columns; column++, i++) {
      const magnitude = Math.abs(matrix[i] as number);
      if (magnitude > (largest[column] as number)) largest[column] = magnitude;
    }
  }
  return largest;
}

function transpose(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const transposed = new Float32Array(matrix.length);
  for (let row = 0, i = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, i++) transposed[column * rows + row] = matrix[i] as number;
  }
  return transposed;
}

/**
 * ONNX files, as far as a graph is rewritten before it is loaded: nodes and numbers are read, and all else stays as it
 * stands. The format is Protocol Buffers; its fields are numbered in onnx/onnx.proto.
 */

/** A field of a message. */
interface Field {
  readonly number: number;
  /** As Protocol Buffers number them. */
  readonly wireType: number;
  /** Of a varint the bytes that it is written in. */
  readonly bytes: Uint8Array;
}

export interface OnnxNode {
  readonly name: string;
  readonly operator: string;
  /** Whose operator it is; ONNX's own where it is empty. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** The node as it is written. */
  readonly bytes: Uint8Array;
}

export interface OnnxTensor {
  readonly dims: readonly number[];
  /** Row by row: the last dimension is that of neighbours. */
  readonly data: Float32Array | Int8Array;
}

export interface OnnxChanges {
  /** In place of those of the same name; where one is undefined there is none any longer. */
  readonly initializers?: ReadonlyMap<string, OnnxTensor | undefined>;
  /** Names of values that are outputs, too. */
  readonly outputs?: readonly string[];
}

export interface OnnxGraph {
  /** Each stands behind those whose outputs it takes. */
  readonly nodes: readonly OnnxNode[];
  /** Of an initializer or a node of the operator Constant; undefined where it is no float32 tensor of one value. */
  scalar(name: string): number | undefined;
  /** The initializer of that name; undefined where there is none of float32. */
  floats(name: string): { readonly dims: readonly number[]; readonly data: Float32Array } | undefined;
  /** The file with other nodes. */
  rewrite(nodes: readonly OnnxNode[], changes?: OnnxChanges): Uint8Array;
}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

const MODEL = { graph: 7, operatorSet: 8 } as const;
const OPERATOR_SET = { domain: 1, version: 2 } as const;
const GRAPH = { node: 1, initializer: 5, output: 12 } as const;
const VALUE = { name: 1 } as const;
const NODE = { input: 1, output: 2, name: 3, operator: 4, attribute: 5, domain: 7 } as const;
const ATTRIBUTE = { name: 1, float: 2, tensor: 5, integers: 8, type: 20 } as const;
const TENSOR = { dims: 1, dataType: 2, floats: 4, name: 8, raw: 9 } as const;

const ATTRIBUTE_TYPE = { float: 1, integers: 7 } as const;
const TENSOR_TYPE = { float32: 1, int8: 3 } as const;
/** Of the operators of a domain other than ONNX's own: ONNX Runtime has one version of its own. */
const DOMAIN_VERSION = 1;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** @throws RangeError where the bytes are no Protocol Buffers message */
export function readOnnx(file: Uint8Array): OnnxGraph {
  // Of a Buffer every view would be one, too, which is slow to make.
  const model = fieldsOf(bytesOf(file));
  const graph = fieldsOf(find(model, MODEL.graph) ?? new Uint8Array());
  const nodes = findAll(graph, GRAPH.node).map(readNode);
  const tensors = new Map(
    findAll(graph, GRAPH.initializer).map((initializer) => {
      const tensor = fieldsOf(initializer);
      return [textOf(find(tensor, TENSOR.name)), tensor] as const;
    }),
  );
  const constants = new Map(tensors);
  for (const { operator, outputs, bytes } of nodes) {
    if (operator !== 'Constant') continue;
    for (const attribute of findAll(fieldsOf(bytes), NODE.attribute)) {
      const tensor = find(fieldsOf(attribute), ATTRIBUTE.tensor);
      if (tensor !== undefined) constants.set(outputs[0] as string, fieldsOf(tensor));
    }
  }
  const domains = findAll(model, MODEL.operatorSet).map((set) => textOf(find(fieldsOf(set), OPERATOR_SET.domain)));
  return {
    nodes,
    scalar(name) {
      const data = floatBytesOf(constants.get(name));
      return data?.length === Float32Array.BYTES_PER_ELEMENT ? toFloats(data)[0] : undefined;
    },
    floats(name) {
      const tensor = tensors.get(name);
      const data = floatBytesOf(tensor);
      return tensor && data && { dims: findAll(tensor, TENSOR.dims).map(numberOf), data: toFloats(data) };
    },
    rewrite(others, { initializers = new Map(), outputs = [] } = {}) {
      const isKept = ({ number, bytes }: Field) =>
        number !== GRAPH.node &&
        (number !== GRAPH.initializer || !initializers.has(textOf(find(fieldsOf(bytes), TENSOR.name))));
      const rewritten = [
        ...others.flatMap(({ bytes }) => delimited(GRAPH.node, [bytes])),
        ...graph.filter(isKept).flatMap(write),
        ...[...initializers].flatMap(([name, tensor]) =>
          tensor === undefined ? [] : delimited(GRAPH.initializer, writeTensor(name, tensor)),
        ),
        ...outputs.flatMap((name) => delimited(GRAPH.output, text(VALUE.name, name))),
      ];
      const missing = new Set(
        others.map(({ domain }) => domain).filter((domain) => domain && !domains.includes(domain)),
      );
      return join([
        ...model.flatMap((field) => (field.number === MODEL.graph ? delimited(MODEL.graph, rewritten) : write(field))),
        ...[...missing].flatMap((domain) =>
          delimited(MODEL.operatorSet, [
            ...text(OPERATOR_SET.domain, domain),
            ...integer(OPERATOR_SET.version, DOMAIN_VERSION),
          ]),
        ),
      ]);
    },
  };
}

/** An attribute that is one number is of float32; a list is of integers that are not negative. */
export function makeNode(node: {
  readonly operator: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}): OnnxNode {
  const { operator, domain = '', inputs, outputs, attributes = {} } = node;
  const parts = [
    ...inputs.flatMap((name) => text(NODE.input, name)),
    ...outputs.flatMap((name) => text(NODE.output, name)),
    ...text(NODE.operator, operator),
    ...Object.entries(attributes).flatMap(([name, value]) =>
      delimited(NODE.attribute, [...text(ATTRIBUTE.name, name), ...writeAttribute(value)]),
    ),
    ...text(NODE.domain, domain),
  ];
  return { name: '', operator, domain, inputs, outputs, bytes: join(parts) };
}

function writeAttribute(value: number | readonly number[]): readonly Uint8Array[] {
  return typeof value === 'number'
    ? [
        ...write({ number: ATTRIBUTE.float, wireType: FIXED32, bytes: bytesOf(Float32Array.of(value)) }),
        ...integer(ATTRIBUTE.type, ATTRIBUTE_TYPE.float),
      ]
    : [
        ...value.flatMap((item) => integer(ATTRIBUTE.integers, item)),
        ...integer(ATTRIBUTE.type, ATTRIBUTE_TYPE.integers),
      ];
}

function writeTensor(name: string, { dims, data }: OnnxTensor): readonly Uint8Array[] {
  return [
    ...dims.flatMap((size) => integer(TENSOR.dims, size)),
    ...integer(TENSOR.dataType, data instanceof Int8Array ? TENSOR_TYPE.int8 : TENSOR_TYPE.float32),
    ...text(TENSOR.name, name),
    ...delimited(TENSOR.raw, [bytesOf(data)]),
  ];
}

function readNode(bytes: Uint8Array): OnnxNode {
  const fields = fieldsOf(bytes);
  return {
    name: textOf(find(fields, NODE.name)),
    operator: textOf(find(fields, NODE.operator)),
    domain: textOf(find(fields, NODE.domain)),
    inputs: findAll(fields, NODE.input).map(textOf),
    outputs: findAll(fields, NODE.output).map(textOf),
    bytes,
  };
}

/** Of a tensor of float32, little-endian as it is written. */
function floatBytesOf(tensor: readonly Field[] | undefined): Uint8Array | undefined {
  if (tensor === undefined || find(tensor, TENSOR.dataType)?.[0] !== TENSOR_TYPE.float32) return undefined;
  return find(tensor, TENSOR.raw) ?? find(tensor, TENSOR.floats);
}

/** A copy: what lies in a file is not aligned. */
function toFloats(bytes: Uint8Array): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer);
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function textOf(bytes: Uint8Array | undefined): string {
  return decoder.decode(bytes);
}

function find(fields: readonly Field[], number: number): Uint8Array | undefined {
  return fields.find((field) => field.number === number)?.bytes;
}

function findAll(fields: readonly Field[], number: number): readonly Uint8Array[] {
  return fields.filter((field) => field.number === number).map(({ bytes }) => bytes);
}

/** In their order; views of the message. Without a view for each number: a start waits for this. */
function fieldsOf(message: Uint8Array): readonly Field[] {
  const fields: Field[] = [];
  let at = 0;
  const take = (length: number): Uint8Array => {
    if (!(at + length <= message.length)) throw new RangeError('A field ends behind its message.');
    at += length;
    return message.subarray(at - length, at);
  };
  const takeNumber = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = message[at++];
      if (byte === undefined) throw new RangeError('A field ends behind its message.');
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const key = takeNumber();
    const wireType = key & 7;
    fields.push({ number: key >> 3, wireType, bytes: take(sizeOf(wireType)) });
  }
  return fields;

  function sizeOf(wireType: number): number {
    if (wireType === LENGTH_DELIMITED) return takeNumber();
    if (wireType === VARINT) return varintLength(message, at);
    if (wireType === FIXED32) return 4;
    if (wireType === FIXED64) return 8;
    throw new RangeError(`A field has the wire type ${wireType}.`);
  }
}

/** In bytes. */
function varintLength(message: Uint8Array, start: number): number {
  let end = start;
  while ((message[end] as number) >= 0x80) end += 1;
  return end + 1 - start;
}

/** A field of bytes that are written in parts, a message for one. */
function delimited(number: number, parts: readonly Uint8Array[]): readonly Uint8Array[] {
  return [varint((number << 3) | LENGTH_DELIMITED), varint(lengthOf(parts)), ...parts];
}

function text(number: number, value: string): readonly Uint8Array[] {
  return delimited(number, [encoder.encode(value)]);
}

function integer(number: number, value: number): readonly Uint8Array[] {
  return write({ number, wireType: VARINT, bytes: varint(value) });
}

function write({ number, wireType, bytes }: Field): readonly Uint8Array[] {
  const key = varint((number << 3) | wireType);
  return wireType === LENGTH_DELIMITED ? [key, varint(bytes.length), bytes] : [key, bytes];
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const message = new Uint8Array(lengthOf(parts));
  let at = 0;
  for (const part of parts) {
    message.set(part, at);
    at += part.length;
  }
  return message;
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

/** REQUIRES: less than 2^53. */
function numberOf(bytes: Uint8Array): number {
  return bytes.reduceRight((value, byte) => value * 0x80 + (byte & 0x7f), 0);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

import { type Pass, rewrite } from './rewrite.ts';

/** tfjs asks for every matrix product as a batch of them. For two matrices TensorFlow's MatMul is quicker, and can be fused. */
export const plainMatmul: Pass = (results) =>
  rewrite(results, (node) => {
    const isMatrixProduct =
      node.op === 'BatchMatMulV2' && node.inputs.every(({ node: source, output }) => source.outputs[output]?.shape.length === 2);
    if (!isMatrixProduct) return node;
    const attributes = node.attributes.map((attribute) => ({
      ...attribute,
      name: { adj_x: 'transpose_a', adj_y: 'transpose_b' }[attribute.name] ?? attribute.name,
    }));
    return { ...node, op: 'MatMul', attributes };
  });

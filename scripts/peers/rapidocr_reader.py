"""Reads images with RapidOCR (https://github.com/RapidAI/RapidOCR): its defaults, a thread a core, and our weights.

Only its classifier of lines that lie upside down is off: upright pages are read better and faster without it.
"""

from pathlib import Path

from rapidocr import ModelType, RapidOCR

from reader import serve


class Engine:
    def __init__(self, tier, models, threads):
        charset = "pp-ocrv6-tiny-charset.txt" if tier == "tiny" else "pp-ocrv6-charset.txt"
        self.engine = RapidOCR(
            params={
                "Global.log_level": "error",
                "Global.use_cls": False,
                "EngineConfig.onnxruntime.intra_op_num_threads": threads,
                "Det.model_type": ModelType(tier),
                "Det.model_path": str(Path(models, f"pp-ocrv6-{tier}-det.onnx")),
                "Rec.model_type": ModelType(tier),
                "Rec.model_path": str(Path(models, f"pp-ocrv6-{tier}-rec.onnx")),
                "Rec.rec_keys_path": str(Path(models, charset)),
            }
        )

    def read(self, path):
        result = self.engine(path)
        if result.txts is None:
            return {"text": "", "lines": []}
        lines = [{"text": text, "quad": quad.tolist()} for text, quad in zip(result.txts, result.boxes)]
        return {"text": "\n".join(result.txts), "lines": lines}

    def read_all(self, paths):
        return map(self.read, paths)


serve(Engine)

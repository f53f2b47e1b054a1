// The only file that knows Node. Every function here does the same: views of its arguments, checked for their type;
// one call into the core, which checks sizes and values; results copied into typed arrays.
//
// A wrong type is a TypeError, a wrong size or value a RangeError, and both name the argument. No state is kept, so the
// addon loads into any number of threads.
#include <napi.h>

#include <cmath>
#include <cstdint>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/crops.h"
#include "core/ctc.h"
#include "core/detect.h"
#include "core/features.h"
#include "core/image.h"
#include "core/kernels.h"
#include "core/layout.h"
#include "core/memory.h"
#include "core/marks.h"
#include "core/page_strokes.h"
#include "core/resize.h"
#include "core/stamps.h"

namespace {

using Napi::CallbackInfo;
using Napi::Value;

// Arguments in.

[[noreturn]] void failType(Napi::Env env, const std::string& name, const char* expected) {
  throw Napi::TypeError::New(env, name + " must be " + expected);
}

Napi::Object toObject(const Value& value, const std::string& name) {
  if (!value.IsObject()) failType(value.Env(), name, "an object");
  return value.As<Napi::Object>();
}

double toNumber(const Value& value, const std::string& name) {
  if (!value.IsNumber()) failType(value.Env(), name, "a number");
  return value.As<Napi::Number>().DoubleValue();
}

/// A whole number from 0 to 2^32 - 1.
std::size_t toSize(const Value& value, const std::string& name) {
  constexpr double kMax = 4294967295;
  const double number = toNumber(value, name);
  if (!(number >= 0 && number <= kMax) || number != std::floor(number)) {
    throw Napi::RangeError::New(value.Env(), name + " must be a whole number from 0 to 4294967295");
  }
  return static_cast<std::size_t>(number);
}

bool toBoolean(const Value& value, const std::string& name) {
  if (!value.IsBoolean()) failType(value.Env(), name, "a boolean");
  return value.As<Napi::Boolean>().Value();
}

template <typename Element>
std::span<Element> toSpan(const Value& value, const std::string& name, napi_typedarray_type type,
                          const char* expected) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != type) {
    failType(value.Env(), name, expected);
  }
  auto array = value.As<Napi::TypedArrayOf<Element>>();
  return {array.Data(), array.ElementLength()};
}

std::span<float> toFloats(const Value& value, const std::string& name) {
  return toSpan<float>(value, name, napi_float32_array, "a Float32Array");
}

std::span<const std::uint8_t> toBytes(const Value& value, const std::string& name) {
  return toSpan<std::uint8_t>(value, name, napi_uint8_array, "a Uint8Array");
}

std::span<const std::uint32_t> toUint32s(const Value& value, const std::string& name) {
  return toSpan<std::uint32_t>(value, name, napi_uint32_array, "a Uint32Array");
}

omega::RgbView toRgbImage(const Value& value) {
  const Napi::Object image = toObject(value, "image");
  return {toBytes(image.Get("data"), "image.data"), toSize(image.Get("width"), "image.width"),
          toSize(image.Get("height"), "image.height")};
}

omega::GrayView toGrayImage(const Value& value) {
  const Napi::Object image = toObject(value, "image");
  return {toBytes(image.Get("data"), "image.data"), toSize(image.Get("width"), "image.width"),
          toSize(image.Get("height"), "image.height")};
}

std::array<float, 3> toTriple(const Value& value, const std::string& name) {
  if (!value.IsArray() || value.As<Napi::Array>().Length() != 3) failType(value.Env(), name, "an array of 3 numbers");
  const auto array = value.As<Napi::Array>();
  std::array<float, 3> triple{};
  for (std::uint32_t i = 0; i < 3; ++i) triple[i] = static_cast<float>(toNumber(array.Get(i), name));
  return triple;
}

omega::Normalization toNormalization(const Value& value) {
  const Napi::Object object = toObject(value, "normalization");
  const Value order = object.Get("channelOrder");
  const std::string name = order.IsString() ? order.As<Napi::String>().Utf8Value() : "";
  if (name != "rgb" && name != "bgr") failType(value.Env(), "normalization.channelOrder", "'rgb' or 'bgr'");
  return {toTriple(object.Get("mean"), "normalization.mean"), toTriple(object.Get("std"), "normalization.std"),
          name == "bgr"};
}

omega::DbOptions toDbOptions(const Value& value) {
  const Napi::Object object = toObject(value, "options");
  return {static_cast<float>(toNumber(object.Get("threshold"), "options.threshold")),
          static_cast<float>(toNumber(object.Get("boxThreshold"), "options.boxThreshold")),
          toNumber(object.Get("unclipRatio"), "options.unclipRatio"),
          toNumber(object.Get("minSize"), "options.minSize"),
          toSize(object.Get("maxCandidates"), "options.maxCandidates"),
          toBoolean(object.Get("dilate"), "options.dilate")};
}

omega::LayoutOptions toLayoutOptions(const Napi::Object& object) {
  return {toSize(object.Get("inputWidth"), "options.inputWidth"),
          toSize(object.Get("inputHeight"), "options.inputHeight"),
          toSize(object.Get("sourceWidth"), "options.sourceWidth"),
          toSize(object.Get("sourceHeight"), "options.sourceHeight"),
          static_cast<float>(toNumber(object.Get("scoreThreshold"), "options.scoreThreshold")),
          static_cast<float>(toNumber(object.Get("iouThreshold"), "options.iouThreshold")),
          toSize(object.Get("maxCandidates"), "options.maxCandidates")};
}

/// An array as long as `length`, where one is given.
Napi::Array toArray(const Value& value, const std::string& name, std::optional<std::uint32_t> length = {}) {
  if (!value.IsArray()) failType(value.Env(), name, "an array");
  const auto array = value.As<Napi::Array>();
  if (length && array.Length() != *length) {
    throw Napi::RangeError::New(value.Env(), name + " must have " + std::to_string(*length) + " elements, not " +
                                                 std::to_string(array.Length()));
  }
  return array;
}

std::vector<omega::LayoutHead> toLayoutHeads(const Value& scores, const Value& distributions, const Value& strides) {
  const Napi::Array strideArray = toArray(strides, "options.strides");
  const std::uint32_t levels = strideArray.Length();
  const Napi::Array scoreArray = toArray(scores, "scores", levels);
  const Napi::Array distributionArray = toArray(distributions, "distributions", levels);
  std::vector<omega::LayoutHead> heads;
  for (std::uint32_t level = 0; level < levels; ++level) {
    const std::string index = std::string(1, '[').append(std::to_string(level)).append(1, ']');
    heads.push_back({toFloats(scoreArray.Get(level), "scores" + index),
                     toFloats(distributionArray.Get(level), "distributions" + index),
                     toSize(strideArray.Get(level), "options.strides" + index)});
  }
  return heads;
}

// Results out.

Napi::Float32Array fromFloats(Napi::Env env, std::span<const float> values) {
  auto array = Napi::Float32Array::New(env, values.size());
  std::copy(values.begin(), values.end(), array.Data());
  return array;
}

Napi::Uint32Array fromUint32s(Napi::Env env, std::span<const std::uint32_t> values) {
  auto array = Napi::Uint32Array::New(env, values.size());
  std::copy(values.begin(), values.end(), array.Data());
  return array;
}

// Calls.

Value imageToTensor(const CallbackInfo& info) {
  const auto image = toRgbImage(info[0]);
  const omega::TensorSize size{toSize(info[1], "scaledWidth"), toSize(info[2], "scaledHeight"),
                               toSize(info[3], "outWidth"), toSize(info[4], "outHeight")};
  const auto normalization = toNormalization(info[5]);
  omega::imageToTensor(image, size, normalization, toFloats(info[6], "out"));
  return info.Env().Undefined();
}

Value detectBoxes(const CallbackInfo& info) {
  const omega::ProbabilityMap map{toFloats(info[0], "map"), toSize(info[1], "mapWidth"), toSize(info[2], "mapHeight"),
                                  toSize(info[3], "scaledWidth"), toSize(info[4], "scaledHeight")};
  const std::size_t sourceWidth = toSize(info[5], "sourceWidth");
  const std::size_t sourceHeight = toSize(info[6], "sourceHeight");
  const auto boxes = omega::detectBoxes(map, sourceWidth, sourceHeight, toDbOptions(info[7]));
  auto result = Napi::Object::New(info.Env());
  result["quads"] = fromFloats(info.Env(), boxes.quads);
  result["scores"] = fromFloats(info.Env(), boxes.scores);
  result["sliceOffsets"] = fromUint32s(info.Env(), boxes.sliceOffsets);
  result["slices"] = fromFloats(info.Env(), boxes.slices);
  return result;
}

Value packCrops(const CallbackInfo& info) {
  const auto image = toRgbImage(info[0]);
  const omega::CropBatch batch{toFloats(info[1], "quads"), toUint32s(info[2], "widths"),
                               toBytes(info[3], "quarterTurns"), toSize(info[4], "height"),
                               toSize(info[5], "batchWidth")};
  const auto normalization = toNormalization(info[6]);
  omega::packCrops(image, batch, normalization, toFloats(info[7], "out"));
  return info.Env().Undefined();
}

Value ctcDecode(const CallbackInfo& info) {
  std::optional<std::span<const std::uint8_t>> allowed;
  if (!info[6].IsUndefined()) allowed = toBytes(info[6], "allowed");
  const omega::CtcInput input{toFloats(info[0], "probabilities"),
                              toSize(info[1], "lines"),
                              toSize(info[2], "steps"),
                              toSize(info[3], "classes"),
                              toUint32s(info[4], "validSteps"),
                              static_cast<float>(toNumber(info[5], "minSpaceProbability")),
                              allowed};
  const auto lines = omega::ctcDecode(input);
  auto result = Napi::Object::New(info.Env());
  result["offsets"] = fromUint32s(info.Env(), lines.offsets);
  result["classes"] = fromUint32s(info.Env(), lines.classes);
  result["probabilities"] = fromFloats(info.Env(), lines.probabilities);
  result["columns"] = fromUint32s(info.Env(), lines.columns);
  return result;
}

Value decodeLayout(const CallbackInfo& info) {
  const Napi::Object options = toObject(info[3], "options");
  const auto heads = toLayoutHeads(info[0], info[1], options.Get("strides"));
  const auto regions = omega::decodeLayout(heads, toSize(info[2], "classCount"), toLayoutOptions(options));
  auto rects = Napi::Float32Array::New(info.Env(), 4 * regions.size());
  auto scores = Napi::Float32Array::New(info.Env(), regions.size());
  auto classes = Napi::Uint32Array::New(info.Env(), regions.size());
  for (std::size_t i = 0; i < regions.size(); ++i) {
    const omega::LayoutRegion& region = regions[i];
    rects[4 * i] = region.x;
    rects[4 * i + 1] = region.y;
    rects[4 * i + 2] = region.width;
    rects[4 * i + 3] = region.height;
    scores[i] = region.score;
    classes[i] = region.classIndex;
  }
  auto result = Napi::Object::New(info.Env());
  result["rects"] = rects;
  result["scores"] = scores;
  result["classes"] = classes;
  return result;
}

Value pageFeatures(const CallbackInfo& info) {
  const omega::PageFeatures features = omega::measurePage(toGrayImage(info[0]));
  auto result = Napi::Object::New(info.Env());
  result["threshold"] = features.threshold;
  result["inkLevel"] = features.inkLevel;
  result["paperLevel"] = features.paperLevel;
  result["contrast"] = features.contrast;
  result["inkFraction"] = features.inkFraction;
  result["inverted"] = features.inverted;
  result["skewDegrees"] = features.skewDegrees;
  result["skewConfidence"] = features.skewConfidence;
  result["edgeWidth"] = features.edgeWidth;
  result["noise"] = features.noise;
  result["unevenness"] = features.unevenness;
  result["lineCount"] = features.lineCount;
  result["lineHeight"] = features.lineHeight;
  result["columnCount"] = features.columnCount;
  result["horizontalRulings"] = features.horizontalRulings;
  result["verticalRulings"] = features.verticalRulings;
  result["rulingCrossings"] = features.rulingCrossings;
  result["pictureFraction"] = features.pictureFraction;
  result["blank"] = features.blank;
  return result;
}

Value findStrokes(const CallbackInfo& info) {
  const auto strokes =
      omega::findStrokes(toRgbImage(info[0]), toNumber(info[1], "letterHeight"), toNumber(info[2], "skewDegrees"));
  auto result = Napi::Float32Array::New(info.Env(), 4 * strokes.size());
  for (std::size_t i = 0; i < strokes.size(); ++i) {
    const omega::Stroke& stroke = strokes[i];
    result[4 * i] = static_cast<float>(stroke.x0);
    result[4 * i + 1] = static_cast<float>(stroke.y0);
    result[4 * i + 2] = static_cast<float>(stroke.x1);
    result[4 * i + 3] = static_cast<float>(stroke.y1);
  }
  return result;
}

Value findSelectionMarks(const CallbackInfo& info) {
  const auto marks = omega::findSelectionMarks(toRgbImage(info[0]), toNumber(info[1], "lineHeight"));
  auto rects = Napi::Uint32Array::New(info.Env(), 4 * marks.size());
  auto checked = Napi::Uint8Array::New(info.Env(), marks.size());
  for (std::size_t i = 0; i < marks.size(); ++i) {
    const omega::SelectionMark& mark = marks[i];
    rects[4 * i] = mark.left;
    rects[4 * i + 1] = mark.top;
    rects[4 * i + 2] = mark.right - mark.left;
    rects[4 * i + 3] = mark.bottom - mark.top;
    checked[i] = mark.checked ? 1 : 0;
  }
  auto result = Napi::Object::New(info.Env());
  result["rects"] = rects;
  result["checked"] = checked;
  return result;
}

Value findStamps(const CallbackInfo& info) {
  const auto stamps = omega::findStamps(toRgbImage(info[0]));
  auto rects = Napi::Uint32Array::New(info.Env(), 4 * stamps.size());
  for (std::size_t i = 0; i < stamps.size(); ++i) {
    const omega::Stamp& stamp = stamps[i];
    rects[4 * i] = stamp.left;
    rects[4 * i + 1] = stamp.top;
    rects[4 * i + 2] = stamp.right - stamp.left;
    rects[4 * i + 3] = stamp.bottom - stamp.top;
  }
  return rects;
}

Value releaseFreeMemory(const CallbackInfo& info) {
  omega::releaseFreeMemory();
  return info.Env().Undefined();
}

/// No C++ exception of the core crosses into Node untranslated.
template <Value (*kCall)(const CallbackInfo&)>
Value translated(const CallbackInfo& info) {
  try {
    return kCall(info);
  } catch (const std::out_of_range& error) {
    throw Napi::RangeError::New(info.Env(), error.what());
  } catch (const std::bad_alloc&) {
    throw Napi::Error::New(info.Env(), "The native addon is out of memory");
  }
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports["simd"] = Napi::String::New(env, omega::kernels().name);
  exports["multipliesBytes"] = Napi::Boolean::New(env, omega::multipliesBytes());
  exports["imageToTensor"] = Napi::Function::New<translated<imageToTensor>>(env, "imageToTensor");
  exports["detectBoxes"] = Napi::Function::New<translated<detectBoxes>>(env, "detectBoxes");
  exports["packCrops"] = Napi::Function::New<translated<packCrops>>(env, "packCrops");
  exports["ctcDecode"] = Napi::Function::New<translated<ctcDecode>>(env, "ctcDecode");
  exports["decodeLayout"] = Napi::Function::New<translated<decodeLayout>>(env, "decodeLayout");
  exports["findSelectionMarks"] = Napi::Function::New<translated<findSelectionMarks>>(env, "findSelectionMarks");
  exports["findStamps"] = Napi::Function::New<translated<findStamps>>(env, "findStamps");
  exports["pageFeatures"] = Napi::Function::New<translated<pageFeatures>>(env, "pageFeatures");
  exports["findStrokes"] = Napi::Function::New<translated<findStrokes>>(env, "findStrokes");
  exports["releaseFreeMemory"] = Napi::Function::New<translated<releaseFreeMemory>>(env, "releaseFreeMemory");
  return exports;
}

}  // namespace

NODE_API_MODULE(omega, init)

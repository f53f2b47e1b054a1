#include "skew.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

namespace omega {
namespace {

// Ink is first summed over narrow strips, within which even the steepest angle moves a line by little more than a
// pixel (8 × tan 10° = 1.4).
constexpr std::uint32_t kStripWidth = 8;

constexpr double kCoarseStep = 0.25;  // degrees; a line of 1000 pixels keeps its profile within half of it
constexpr double kFineStep = 0.05;

class StripProfiles {
 public:
  StripProfiles(const Components& components, std::span<const std::uint8_t> isLetter, int width, int height)
      : height_(static_cast<std::size_t>(height)),
        strips_((static_cast<std::size_t>(width) + kStripWidth - 1) / kStripWidth),
        maxShift_(
            static_cast<std::ptrdiff_t>(std::ceil(width / 2.0 * std::tan(kMaxSkewDegrees * std::numbers::pi / 180))) +
            1),
        counts_(strips_ * height_),
        profile_(height_ + 2 * static_cast<std::size_t>(maxShift_)) {
    for (std::size_t i = 0; i < components.size(); ++i) {
      if (isLetter[i] != 0) {
        for (const Run& run : components[i]) {
          add(run);
        }
      }
    }
  }

  double sharpness(double degrees) {
    const double slope = std::tan(degrees * std::numbers::pi / 180);
    std::fill(profile_.begin(), profile_.end(), 0);
    for (std::size_t strip = 0; strip < strips_; ++strip) {
      const double offset = (static_cast<double>(strip) - static_cast<double>(strips_ - 1) / 2) * kStripWidth;
      const auto shift = std::clamp<std::ptrdiff_t>(-std::lround(offset * slope), -maxShift_, maxShift_);
      const std::uint8_t* counts = counts_.data() + strip * height_;
      std::int32_t* profile = profile_.data() + maxShift_ + shift;
      for (std::size_t y = 0; y < height_; ++y) {
        profile[y] += counts[y];
      }
    }
    double sum = 0;
    for (std::size_t y = 1; y < profile_.size(); ++y) {
      const float difference = static_cast<float>(profile_[y] - profile_[y - 1]);
      sum += static_cast<double>(difference * difference);
    }
    return sum;
  }

 private:
  void add(const Run& run) {
    for (std::uint32_t begin = run.begin; begin < run.end;) {
      const std::uint32_t strip = begin / kStripWidth;
      const std::uint32_t end = std::min(run.end, (strip + 1) * kStripWidth);
      std::uint8_t& count = counts_[strip * height_ + run.y];
      count = static_cast<std::uint8_t>(count + (end - begin));
      begin = end;
    }
  }

  std::size_t height_;
  std::size_t strips_;
  std::ptrdiff_t maxShift_;
  std::vector<std::uint8_t> counts_;  // a strip after the other, top to bottom
  std::vector<std::int32_t> profile_;
};

}  // namespace

Skew estimateSkew(const Components& components, std::span<const std::uint8_t> isLetter, int width, int height) {
  StripProfiles profiles(components, isLetter, width, height);
  constexpr int kSteps = static_cast<int>(kMaxSkewDegrees / kCoarseStep);
  std::vector<double> coarse;
  for (int step = -kSteps; step <= kSteps; ++step) {
    coarse.push_back(profiles.sharpness(step * kCoarseStep));
  }
  const auto peak = std::max_element(coarse.begin(), coarse.end()) - coarse.begin();
  // A maximum at the end of the range is no maximum: the true angle, if any, lies outside.
  if (peak == 0 || peak + 1 == static_cast<std::ptrdiff_t>(coarse.size()) ||
      coarse[static_cast<std::size_t>(peak)] <= 0) {
    return {0, 0};
  }

  const double centre = (static_cast<double>(peak) - kSteps) * kCoarseStep;
  constexpr int kFineSteps = static_cast<int>(kCoarseStep / kFineStep);
  double best = coarse[static_cast<std::size_t>(peak)];
  double degrees = centre;
  for (int step = -kFineSteps; step <= kFineSteps; ++step) {
    const double candidate = centre + step * kFineStep;
    const double sharpness = profiles.sharpness(candidate);
    if (sharpness > best) {
      best = sharpness;
      degrees = candidate;
    }
  }

  // The background: the mean sharpness at angles away from the peak, whose foot is narrower than two degrees.
  constexpr double kFoot = 2 / kCoarseStep;
  double background = 0;
  int others = 0;
  for (std::size_t i = 0; i < coarse.size(); ++i) {
    if (std::abs(static_cast<double>(i) - static_cast<double>(peak)) > kFoot) {
      background += coarse[i];
      ++others;
    }
  }
  return {degrees, std::clamp(1 - background / others / best, 0.0, 1.0)};
}

}  // namespace omega

#include "rulings.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "components.h"
#include "ink.h"

namespace omega {
namespace {

/// One byte a pixel, 0 or 1, rows without padding.
struct Mask {
  std::size_t width;
  std::size_t height;
  std::vector<std::uint8_t> bytes;

  std::uint8_t* row(std::size_t y) { return bytes.data() + y * width; }
  [[nodiscard]] const std::uint8_t* row(std::size_t y) const { return bytes.data() + y * width; }
};

// How far to both sides of a pixel there must be something brighter: a ruling is thinner than this. At 80 to 100 dpi
// rulings of print and forms are 1 to 2 pixels wide.
constexpr std::size_t kReach = 3;

/// Pixels at least `depth` darker than those kReach above and below: letters' bars and horizontal rulings, thin ones
/// included that Otsu's threshold misses because scaling turned them gray.
Mask horizontalRidges(const GrayView& image, std::uint8_t depth) {
  Mask mask{image.width, image.height, std::vector<std::uint8_t>(image.data.size())};
  for (std::size_t y = kReach; y + kReach < image.height; ++y) {
    const std::uint8_t* above = image.data.data() + (y - kReach) * image.width;
    const std::uint8_t* centre = image.data.data() + y * image.width;
    const std::uint8_t* below = image.data.data() + (y + kReach) * image.width;
    std::uint8_t* out = mask.row(y);
    for (std::size_t x = 0; x < image.width; ++x) {
      const std::uint8_t brighter = std::min(above[x], below[x]);
      out[x] = brighter > centre[x] && static_cast<std::uint8_t>(brighter - centre[x]) >= depth ? 1 : 0;
    }
  }
  return mask;
}

Mask verticalRidges(const GrayView& image, std::uint8_t depth) {
  Mask mask{image.width, image.height, std::vector<std::uint8_t>(image.data.size())};
  for (std::size_t y = 0; image.width > 2 * kReach && y < image.height; ++y) {
    const std::uint8_t* pixels = image.data.data() + y * image.width;
    std::uint8_t* out = mask.row(y);
    for (std::size_t x = kReach; x < image.width - kReach; ++x) {
      const std::uint8_t brighter = std::min(pixels[x - kReach], pixels[x + kReach]);
      out[x] = brighter > pixels[x] && static_cast<std::uint8_t>(brighter - pixels[x]) >= depth ? 1 : 0;
    }
  }
  return mask;
}

/// Moves column x up by x × slope, so that lines of that slope become horizontal; what leaves the mask is lost, what
/// enters is empty. The middle column stays.
Mask shearColumns(const Mask& mask, double slope) {
  struct Strip {
    std::size_t begin;
    std::size_t end;
    long shift;
  };
  std::vector<Strip> strips;
  const double middle = static_cast<double>(mask.width) / 2;
  for (std::size_t x = 0; x < mask.width; ++x) {
    const long shift = std::lround((static_cast<double>(x) - middle) * slope);
    if (strips.empty() || strips.back().shift != shift) {
      strips.push_back({x, x, shift});
    }
    strips.back().end = x + 1;
  }
  Mask sheared{mask.width, mask.height, std::vector<std::uint8_t>(mask.bytes.size())};
  for (std::size_t y = 0; y < mask.height; ++y) {
    for (const Strip& strip : strips) {
      const long source = static_cast<long>(y) + strip.shift;
      if (source >= 0 && source < static_cast<long>(mask.height)) {
        const std::uint8_t* row = mask.row(static_cast<std::size_t>(source));
        std::copy(row + strip.begin, row + strip.end, sheared.row(y) + strip.begin);
      }
    }
  }
  return sheared;
}

/// Moves row y right by y × slope, so that lines at right angles to that slope become vertical.
Mask shearRows(const Mask& mask, double slope) {
  Mask sheared{mask.width, mask.height, std::vector<std::uint8_t>(mask.bytes.size())};
  const double middle = static_cast<double>(mask.height) / 2;
  const auto width = static_cast<long>(mask.width);
  for (std::size_t y = 0; y < mask.height; ++y) {
    const long shift = std::lround((static_cast<double>(y) - middle) * slope);
    const long begin = std::clamp(-shift, 0L, width);
    const long end = std::clamp(width - shift, 0L, width);
    if (begin < end) {
      std::copy(mask.row(y) + begin, mask.row(y) + end, sheared.row(y) + begin + shift);
    }
  }
  return sheared;
}

/// Along the ruling from begin to end (exclusive), at a position across it.
struct Piece {
  int across;
  int begin;
  int end;
  int ink;  // pixels set
};

/// Calls `found(x)` for every set bit of a word that stands at column `first`.
template <typename Found>
void forEachBit(std::uint64_t word, std::size_t first, Found found) {
  for (; word != 0; word &= word - 1) {
    found(static_cast<int>(first) + std::countr_zero(word));
  }
}

/// Runs of set pixels along rows, top to bottom and left to right.
std::vector<Piece> runsAlongRows(const BitMap& bits) {
  std::vector<Piece> runs;
  for (std::size_t y = 0; y < bits.height(); ++y) {
    const auto row = bits.row(y);
    std::uint64_t last = 0;
    int begin = -1;
    const auto turn = [&](int x) {
      if (begin < 0) {
        begin = x;
      } else {
        runs.push_back({static_cast<int>(y), begin, x, x - begin});
        begin = -1;
      }
    };
    for (std::size_t word = 0; word < row.size(); ++word) {
      forEachBit(row[word] ^ ((row[word] << 1) | last), word * 64, turn);
      last = row[word] >> 63;
    }
    if (begin >= 0) {
      turn(static_cast<int>(bits.width()));
    }
  }
  return runs;
}

/// Runs of set pixels along columns, left to right and top to bottom.
std::vector<Piece> runsAlongColumns(const BitMap& bits) {
  std::vector<Piece> byEnd;
  std::vector<int> begins(bits.width(), -1);
  std::vector<std::uint32_t> starts(bits.width() + 1);
  const auto turnAt = [&](int y) {
    return [&, y](int x) {
      int& begin = begins[static_cast<std::size_t>(x)];
      if (begin < 0) {
        begin = y;
      } else {
        byEnd.push_back({x, begin, y, y - begin});
        ++starts[static_cast<std::size_t>(x) + 1];
        begin = -1;
      }
    };
  };
  for (std::size_t y = 0; y < bits.height(); ++y) {
    const auto row = bits.row(y);
    for (std::size_t word = 0; word < row.size(); ++word) {
      forEachBit(row[word] ^ (y == 0 ? 0 : bits.row(y - 1)[word]), word * 64, turnAt(static_cast<int>(y)));
    }
  }
  for (std::size_t x = 0; x < begins.size(); ++x) {
    if (begins[x] >= 0) {
      turnAt(static_cast<int>(bits.height()))(static_cast<int>(x));
    }
  }
  std::partial_sum(starts.begin(), starts.end(), starts.begin());
  std::vector<Piece> runs(byEnd.size());
  for (const Piece& run : byEnd) {
    runs[starts[static_cast<std::size_t>(run.across)]++] = run;
  }
  return runs;
}

/// Joins runs of one row or column over small holes (a crossing, a stroke), and keeps the long ones.
std::vector<Piece> bridgeHoles(const std::vector<Piece>& runs, int minLength) {
  constexpr int kMaxHole = 2 * static_cast<int>(kReach);
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < runs.size();) {
    Piece piece = runs[i];
    for (++i; i < runs.size() && runs[i].across == piece.across && runs[i].begin - piece.end <= kMaxHole; ++i) {
      piece.end = runs[i].end;
      piece.ink += runs[i].ink;
    }
    if (piece.end - piece.begin >= minLength) {
      pieces.push_back(piece);
    }
  }
  return pieces;
}

struct Ruling {
  double across;
  int begin;
  int end;
};

/// Joins pieces that continue each other within two rows (a line that bends or is not quite straightened), and keeps
/// what is long and mostly ink.
std::vector<Ruling> joinPieces(const std::vector<Piece>& pieces, int minLength) {
  // A hairline under a letter or a crossing loses pixels; rows of letters have less than half.
  constexpr double kMinInk = 0.75;
  constexpr int kMaxStep = 2;
  constexpr int kMaxGap = 4 * static_cast<int>(kReach);

  std::vector<std::size_t> parents(pieces.size());
  std::iota(parents.begin(), parents.end(), std::size_t{0});
  const auto root = [&](std::size_t i) {
    while (parents[i] != i) {
      parents[i] = parents[parents[i]];
      i = parents[i];
    }
    return i;
  };
  std::vector<std::size_t> rowStarts;  // of the last rows, oldest first: index of each row's first piece
  const auto join = [&](std::size_t firstAbove, std::size_t endAbove, std::size_t first, std::size_t end) {
    std::size_t above = firstAbove;
    for (std::size_t i = first; i < end; ++i) {
      while (above < endAbove && pieces[above].end + kMaxGap < pieces[i].begin) {
        ++above;
      }
      for (std::size_t k = above; k < endAbove && pieces[k].begin <= pieces[i].end + kMaxGap; ++k) {
        if (k != i) {
          const std::size_t a = root(k);
          const std::size_t b = root(i);
          parents[std::max(a, b)] = std::min(a, b);
        }
      }
    }
  };
  for (std::size_t first = 0; first < pieces.size();) {
    std::size_t end = first;
    while (end < pieces.size() && pieces[end].across == pieces[first].across) {
      ++end;
    }
    rowStarts.push_back(first);
    for (std::size_t back = rowStarts.size(); back-- > 0;) {
      if (pieces[first].across - pieces[rowStarts[back]].across > kMaxStep) {
        break;
      }
      join(rowStarts[back], back + 1 < rowStarts.size() ? rowStarts[back + 1] : end, first, end);
    }
    first = end;
  }

  struct Sum {
    int begin;
    int end;
    double across = 0;
    double length = 0;
    double ink = 0;
  };
  std::vector<Sum> sums(pieces.size(), Sum{1 << 30, 0});
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    Sum& sum = sums[root(i)];
    const double length = pieces[i].end - pieces[i].begin;
    sum.begin = std::min(sum.begin, pieces[i].begin);
    sum.end = std::max(sum.end, pieces[i].end);
    sum.across += pieces[i].across * length;
    sum.length += length;
    sum.ink += pieces[i].ink;
  }
  std::vector<Ruling> rulings;
  for (const Sum& sum : sums) {
    if (sum.end - sum.begin >= minLength && sum.ink >= kMinInk * sum.length &&
        sum.length >= kMinInk * (sum.end - sum.begin)) {
      rulings.push_back({sum.across / sum.length, sum.begin, sum.end});
    }
  }
  return rulings;
}

/// Undoes the two shears for points: what lies at a place of the sheared mask, in the picture.
class Unshear {
 public:
  Unshear(const GrayView& image, double slope)
      : middleX_(static_cast<double>(image.width) / 2),
        middleY_(static_cast<double>(image.height) / 2),
        slope_(slope) {}

  [[nodiscard]] Stroke operator()(double x0, double y0, double x1, double y1) const {
    x0 -= (y0 - middleY_) * slope_;
    x1 -= (y1 - middleY_) * slope_;
    return {x0, y0 + (x0 - middleX_) * slope_, x1, y1 + (x1 - middleX_) * slope_};
  }

 private:
  double middleX_;
  double middleY_;
  double slope_;
};

int countCrossings(const std::vector<Ruling>& horizontal, std::vector<Ruling> vertical) {
  // Rulings of a grid that stop just short of each other, or overshoot, still meet.
  constexpr double kTolerance = 2 * kReach;
  std::sort(vertical.begin(), vertical.end(), [](const Ruling& a, const Ruling& b) { return a.across < b.across; });
  int crossings = 0;
  for (const Ruling& ruling : horizontal) {
    auto candidate = std::lower_bound(vertical.begin(), vertical.end(), ruling.begin - kTolerance,
                                      [](const Ruling& other, double x) { return other.across < x; });
    for (; candidate != vertical.end() && candidate->across <= ruling.end + kTolerance; ++candidate) {
      if (ruling.across >= candidate->begin - kTolerance && ruling.across <= candidate->end + kTolerance) {
        ++crossings;
      }
    }
  }
  return crossings;
}

}  // namespace

Rulings findRulings(const GrayView& image, const RulingOptions& options) {
  // In letter heights. No dash is as long as the first, no letter's stem as the second; a page without text is taken
  // to have letters of a hundredth of its longest side, about 10 points on A4.
  constexpr double kMinHorizontal = 5;
  constexpr double kMinVertical = 4;
  constexpr double kMinPiece = 2;
  // Below this slope a piece of the shortest ruling stays on one or two rows.
  constexpr double kLevel = 0.003;

  const double unit =
      options.letterHeight > 0 ? options.letterHeight : static_cast<double>(std::max(image.width, image.height)) / 100;
  const auto pixels = [&](double letterHeights) {
    return std::max(static_cast<int>(4 * kReach), static_cast<int>(std::lround(letterHeights * unit)));
  };
  const auto depth = static_cast<std::uint8_t>(std::clamp(options.minDepth, 1.0, 255.0));
  Mask across = horizontalRidges(image, depth);
  Mask down = verticalRidges(image, depth);
  if (std::abs(options.slope) > kLevel) {
    across = shearRows(shearColumns(across, options.slope), options.slope);
    down = shearRows(shearColumns(down, options.slope), options.slope);
  }
  const auto rows = runsAlongRows(packMask(across.bytes, across.width, across.height));
  const auto columns = runsAlongColumns(packMask(down.bytes, down.width, down.height));
  const auto horizontal = joinPieces(bridgeHoles(rows, pixels(kMinPiece)), pixels(kMinHorizontal));
  const auto vertical = joinPieces(bridgeHoles(columns, pixels(kMinPiece)), pixels(kMinVertical));

  const Unshear unshear(image, std::abs(options.slope) > kLevel ? options.slope : 0);
  Rulings rulings{{}, {}, countCrossings(horizontal, vertical)};
  for (const auto& [at, begin, end] : horizontal) {
    rulings.horizontal.push_back(unshear(begin, at + 0.5, end, at + 0.5));
  }
  for (const auto& [at, begin, end] : vertical) {
    rulings.vertical.push_back(unshear(at + 0.5, begin, at + 0.5, end));
  }
  return rulings;
}

double rulingDepth(double contrast, double noise) {
  // A hairline of a quarter pixel has a sixth of the contrast, once a soft edge has had its share.
  constexpr double kOfContrast = 1.0 / 6;
  constexpr double kOfNoise = 3;
  return std::max(kOfContrast * contrast, kOfNoise * noise);
}

}  // namespace omega

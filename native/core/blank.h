// Whether a page is blank.
#pragma once

#include "image.h"

namespace omega {

/// True where nothing stands out from its surroundings but specks: dust on the glass, flaws of the paper. Brighter
/// marks count as darker ones do. `noise` as of `paperNoise`. Faint marks count from where a recognizer may read them, so
/// that a page of coarse grain, or one that its other side shows through clearly, is not blank.
bool isBlank(const GrayView& image, double noise);

}  // namespace omega

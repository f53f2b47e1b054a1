// Memory of the process's allocator.
#pragma once

namespace omega {

/// Gives the system back what is free in the allocator's arenas, also between pieces that are in use, where the
/// allocator is the GNU one; elsewhere nothing happens. Other threads that allocate wait meanwhile.
void releaseFreeMemory() noexcept;

}  // namespace omega

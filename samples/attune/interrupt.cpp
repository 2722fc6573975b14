#include "interrupt.h"

#include <csignal>
#include <unistd.h>

namespace attune::cli {
namespace {

// A handler reaches nothing but globals.
std::atomic<bool> flag{false};
std::atomic<int>  signal_number{SIGINT};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

extern "C" void note_signal(int number) {
    signal_number = number;
    flag          = true;
    ::alarm(1);
}

extern "C" void end_now(int) { ::_exit(interrupted_status()); }

}  // namespace

void catch_interrupts() {
    struct sigaction action = {};
    action.sa_handler       = note_signal;
    // Not SA_RESTART: a read that waits for somebody to type has to return.
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigemptyset(&action.sa_mask);
    std::signal(SIGALRM, end_now);
    for (const int number : {SIGINT, SIGTERM}) {
        struct sigaction before = {};
        sigaction(number, nullptr, &before);
        if (before.sa_handler != SIG_IGN) sigaction(number, &action, nullptr);   // nohup and background jobs
    }
}

void end_quietly_on_closed_pipes() { std::signal(SIGPIPE, SIG_DFL); }

const std::atomic<bool>& interrupted() noexcept { return flag; }

int interrupted_status() noexcept { return 128 + signal_number; }

}  // namespace attune::cli

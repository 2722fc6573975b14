// Everything. See the single headers for the manual.
#pragma once

#include <attune/cache_file.hpp>
#include <attune/device.hpp>
#include <attune/error.hpp>
#include <attune/graph.hpp>
#include <attune/host_memory.hpp>
#include <attune/model_source.hpp>
#include <attune/ops.hpp>
#include <attune/oracle.hpp>
#include <attune/qualification.hpp>
#include <attune/requirements.hpp>
#include <attune/roofs.hpp>
#include <attune/run_options.hpp>
#include <attune/session.hpp>
#include <attune/stream.hpp>
#include <attune/tensor.hpp>
#include <attune/trace.hpp>
#include <attune/translator.hpp>
#include <attune/tuning.hpp>
#include <attune/weights.hpp>

/*
 * Compiled into tfjs-node's addon, ahead of its own sources: where a file session_config.pb lies beside a saved_model.pb, the session
 * is configured by it (a ConfigProto of tensorflow/core/protobuf/config.proto). The addon itself has no way to give one.
 */
#ifndef TRAINYARD_SESSION_CONFIG_H_
#define TRAINYARD_SESSION_CONFIG_H_

#include <fstream>
#include <iterator>
#include <string>

#include "tensorflow/c/c_api.h"

static inline TF_Session* LoadConfiguredSession(TF_SessionOptions* options, const TF_Buffer* run_options,
                                                const char* folder, const char* const* tags, int tag_count,
                                                TF_Graph* graph, TF_Buffer* meta_graph, TF_Status* status) {
  std::ifstream file(std::string(folder) + "/session_config.pb", std::ios::binary);
  if (file) {
    const std::string config{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    TF_SetConfig(options, config.data(), config.size(), status);
    if (TF_GetCode(status) != TF_OK) return nullptr;
  }
  return TF_LoadSessionFromSavedModel(options, run_options, folder, tags, tag_count, graph, meta_graph, status);
}

#define TF_LoadSessionFromSavedModel LoadConfiguredSession

#endif  // TRAINYARD_SESSION_CONFIG_H_

/*
 * Compiled into tfjs-node's addon, ahead of its own sources: TensorFlow gets a copy of every typed array it is fed.
 * The addon lends TensorFlow the array's own memory if its address is a multiple of 64. A variable that is assigned keeps that memory,
 * and the thread of TensorFlow that assigns the next value releases it with napi_delete_reference. Node-API permits that call on the
 * JavaScript thread only: two threads at once corrupt its list of references, and the process ends with SIGSEGV.
 */
#ifndef TRAINYARD_OWNED_TENSORS_H_
#define TRAINYARD_OWNED_TENSORS_H_

#include <cstdint>
#include <cstring>

#include "tensorflow/c/c_api.h"

static inline TF_Tensor* NewOwnedTensor(TF_DataType type, const int64_t* dimensions, int dimension_count, void* data, size_t length,
                                        void (*release)(void* data, size_t length, void* argument), void* argument) {
  TF_Tensor* tensor = TF_AllocateTensor(type, dimensions, dimension_count, length);
  if (length > 0) std::memcpy(TF_TensorData(tensor), data, length);
  release(data, length, argument);
  return tensor;
}

#define TF_NewTensor NewOwnedTensor

#endif  // TRAINYARD_OWNED_TENSORS_H_
